/**
 * exp, log and the sigmoid in float64, from arithmetic alone: the same bits on every machine, which
 * the host's `Math.exp` does not promise, and no tables in memory. Below 1 ulp of error.
 *
 * Source: FDLIBM, e_exp.c and e_log.c (Sun Microsystems, 1993): range reduction by powers of 2 and
 * a minimax polynomial; the constants are theirs.
 */

const ln2High: f64 = 6.93147180369123816490e-1;
const ln2Low: f64 = 1.90821492927058770002e-10;

export function exp(x: f64): f64 {
  if (x != x) return x;
  if (x > 709.782712893384) return Infinity; // above, beyond float64
  if (x < -708.0) return 0; // below, subnormal: no probability needs it
  // x = k·ln2 + r with |r| ≤ ln2/2, and exp(x) = 2^k · exp(r).
  const k = floor(x * 1.44269504088896338700 + 0.5);
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
            t * (6.61375632143793436117e-5 + t * (-1.65339022054652515390e-6 + t * 4.13813679705723846039e-8))));
  const y = 1 - (low - (r * c) / (2 - c) - high);
  // k may be 1024, whose power of 2 is no float64: two steps.
  const half = <i64>k >> 1;
  return y * powerOf2(half) * powerOf2(<i64>k - half);
}

/** Of a positive, normal number. */
export function log(x: f64): f64 {
  // x = 2^k · (1 + f) with sqrt(1/2) < 1 + f < sqrt(2).
  let bits = reinterpret<u64>(x);
  let k = <i64>(bits >>> 52) - 1023;
  bits = (bits & 0x000fffffffffffff) | 0x3ff0000000000000;
  let m = reinterpret<f64>(bits);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    k += 1;
  }
  const f = m - 1;
  const s = f / (2 + f);
  const z = s * s;
  const r =
    z *
    (6.666666666666735130e-1 +
      z *
        (3.999999999940941908e-1 +
          z *
            (2.857142874366239149e-1 +
              z *
                (2.222219843214978396e-1 +
                  z * (1.818357216161805012e-1 + z * (1.531383769920937332e-1 + z * 1.479819860511658591e-1))))));
  const h = 0.5 * f * f;
  const n = <f64>k;
  return n * ln2High - (h - (s * (h + r) + n * ln2Low) - f);
}

export function sigmoid(x: f64): f64 {
  // The exponential of a negative number only: no overflow, and no loss near 0.
  if (x >= 0) return 1 / (1 + exp(-x));
  const e = exp(x);
  return e / (1 + e);
}

@inline
function powerOf2(k: i64): f64 {
  return reinterpret<f64>(<u64>(k + 1023) << 52);
}
