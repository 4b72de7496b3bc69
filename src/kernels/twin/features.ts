import * as layout from "../layout.ts";
import { type Memory, placesOf, type RowPlaces } from "./memory.ts";

/** A feature that takes part: where the parts of its row are, and its value. */
export interface Resolved extends RowPlaces {
  readonly value: number;
}

/** Twin of assembly/features.ts: without those that have no row or the value 0. */
export function resolve(memory: Memory, features: number, count: number): Resolved[] {
  const resolved: Resolved[] = [];
  for (let i = 0; i < count; i++) {
    const at = (features + i * layout.featureBytes) / 4;
    const row = memory.u32[at + layout.featureRowAt / 4];
    const value = memory.f32[at + layout.featureValueAt / 4];
    if (row === layout.noRow || value === 0) continue;
    resolved.push({ ...placesOf(memory, memory.u32[at + layout.featureTableAt / 4], row), value });
  }
  return resolved;
}

/** Σ w x, in float64. */
export function linearSum(memory: Memory, resolved: readonly Resolved[]): number {
  let sum = 0;
  for (const feature of resolved) sum += memory.f32[feature.weight] * feature.value;
  return sum;
}
