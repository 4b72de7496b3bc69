/** Twins of assembly/math.ts: the same operations in the same order, so the same bits. */

const ln2High = 6.9314718036912381649e-1;
const ln2Low = 1.90821492927058770002e-10;

export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Infinity;
  if (x < -708) return 0;
  const k = Math.floor(x * Math.LOG2E + 0.5);
  const high = x - k * ln2High;
  const low = k * ln2Low;
  const r = high - low;
  const t = r * r;
  const c =
    r -
    t *
      (1.66666666666666019037e-1 +
        t *
          (-2.77777777770155933842e-3 +
            t *
              (6.61375632143793436117e-5 +
                t * (-1.6533902205465251539e-6 + t * 4.13813679705723846039e-8))));
  const y = 1 - (low - (r * c) / (2 - c) - high);
  const half = Math.floor(k / 2);
  return y * 2 ** half * 2 ** (k - half);
}

/** The bits of a number; made once, as allocating it took most of a logarithm's time. */
const view = new DataView(new ArrayBuffer(8));

export function log(x: number): number {
  view.setFloat64(0, x);
  let k = (view.getUint32(0) >>> 20) - 1023;
  view.setUint32(0, (view.getUint32(0) & 0x000fffff) | 0x3ff00000);
  let m = view.getFloat64(0);
  if (m > Math.SQRT2) {
    m *= 0.5;
    k += 1;
  }
  const f = m - 1;
  const s = f / (2 + f);
  const z = s * s;
  const r =
    z *
    (6.66666666666673513e-1 +
      z *
        (3.999999999940941908e-1 +
          z *
            (2.857142874366239149e-1 +
              z *
                (2.222219843214978396e-1 +
                  z *
                    (1.818357216161805012e-1 +
                      z * (0.15313837699209373 + z * 0.14798198605106586))))));
  const h = 0.5 * f * f;
  return k * ln2High - (h - (s * (h + r) + k * ln2Low) - f);
}

export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + exp(-x));
  const e = exp(x);
  return e / (1 + e);
}
