/**
 * How a new vector starts: a function of the key and the table's seed alone, so that a row starts
 * the same on every machine, in whatever order ids come.
 *
 * Random bits: SplitMix64 from the mixed key (Steele, Lea and Flood, "Fast splittable pseudorandom
 * number generators", OOPSLA 2014).
 */
import {
  initialiserConstant,
  initialiserNormal,
  initialiserUniform,
  initialiserZeros,
  tableInitialiserAt,
  tableInitialiserScaleAt,
  tableSeedAt,
} from "../layout";
import { mix64 } from "./hash";
import { log } from "./math";

/**
 * Keeps initial values independent of bucket choice, which has the same seed: the first 64 bits of
 * pi after the point.
 */
const seedTwist: u64 = 0x243f6a8885a308d3;

/** Writes float32 components, but zeros to a vector of any format. */
export function initialise(table: usize, key: u64, vector: usize, bytes: u32): void {
  const kind = load<u32>(table, tableInitialiserAt);
  if (kind == initialiserZeros) {
    memory.fill(vector, 0, bytes);
    return;
  }
  const scale = load<f32>(table, tableInitialiserScaleAt);
  const end = vector + bytes;
  const state = mix64(key, load<u64>(table, tableSeedAt) ^ seedTwist);
  if (kind == initialiserConstant) constant(vector, end, scale);
  else if (kind == initialiserUniform) uniform(vector, end, scale, state);
  else if (kind == initialiserNormal) normal(vector, end, scale, state);
  else unreachable();
}

function constant(vector: usize, end: usize, value: f32): void {
  for (; vector < end; vector += 16) v128.store(vector, f32x4.splat(value));
}

/** In [-scale, scale): 24 random bits each, all that a float32 below 1 can hold evenly. */
function uniform(vector: usize, end: usize, scale: f32, state: u64): void {
  for (; vector < end; vector += 8) {
    state += golden;
    const bits = splitMix(state);
    store<f32>(vector, (<f32>(<u32>(bits >>> 40)) * step24 - 1) * scale);
    store<f32>(vector, (<f32>(<u32>(bits >>> 16) & 0xffffff) * step24 - 1) * scale, 4);
  }
}

/** Marsaglia's polar method (1964): two normal numbers from a point in the unit disc. */
function normal(vector: usize, end: usize, scale: f32, state: u64): void {
  while (vector < end) {
    state += golden;
    const bits = splitMix(state);
    const u = <f64>(<u32>(bits >>> 32)) * step32 - 1;
    const v = <f64>(<u32>bits) * step32 - 1;
    const s = u * u + v * v;
    if (s >= 1 || s == 0) continue;
    const factor = sqrt((-2 * log(s)) / s) * <f64>scale;
    store<f32>(vector, <f32>(u * factor));
    store<f32>(vector, <f32>(v * factor), 4);
    vector += 8;
  }
}

/** 2^64 divided by the golden ratio, SplitMix64's step. */
export const golden: u64 = 0x9e3779b97f4a7c15;
const step24: f32 = 1.0 / 8388608.0; // 2^-23: 24 bits to [0, 2)
const step32: f64 = 1.0 / 2147483648.0; // 2^-31: 32 bits to [0, 2)

@inline
export function splitMix(state: u64): u64 {
  let z = state;
  z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >>> 27)) * 0x94d049bb133111eb;
  return z ^ (z >>> 31);
}
