import { mix64, wrap } from "./hash.ts";
import { log } from "./math.ts";

/** Twin of assembly/initialise.ts: the vector (dim,) that a new row of this key starts with. */
export function initialVector(
  key: bigint,
  options: {
    readonly dim: number;
    readonly seed: bigint;
    readonly kind: "uniform" | "normal";
    readonly scale: number;
  },
): Float32Array {
  const { dim, seed, kind } = options;
  const scale = Math.fround(options.scale);
  const vector = new Float32Array(dim);
  let state = mix64(key, seed ^ 0x243f6a8885a308d3n);
  for (let d = 0; d < dim; ) {
    state = wrap(state + 0x9e3779b97f4a7c15n);
    const bits = splitMix(state);
    if (kind === "uniform") {
      vector[d] = (Number(bits >> 40n) / 2 ** 23 - 1) * scale;
      vector[d + 1] = (Number((bits >> 16n) & 0xffffffn) / 2 ** 23 - 1) * scale;
    } else {
      const u = Number(bits >> 32n) / 2 ** 31 - 1;
      const v = Number(bits & 0xffffffffn) / 2 ** 31 - 1;
      const s = u * u + v * v;
      if (s >= 1 || s === 0) continue;
      const factor = Math.sqrt((-2 * log(s)) / s) * scale;
      vector[d] = u * factor;
      vector[d + 1] = v * factor;
    }
    d += 2;
  }
  return vector;
}

export function splitMix(state: bigint): bigint {
  let z = state;
  z = wrap((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = wrap((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}
