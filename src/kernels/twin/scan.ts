import * as layout from "../layout.ts";
import { chunkOf, type Memory, placesOf } from "./memory.ts";

const { fround } = Math;

/** Twin of assembly/scan.ts: all scores, sorted. `query` is float32 (dim,). */
export function twinScanTop(
  memory: Memory,
  table: number,
  query: Float32Array,
  options: { readonly k: number; readonly useWeight: boolean },
): { rows: number[]; scores: number[] } {
  const best: { row: number; score: number }[] = [];
  const rowNext = memory.u32[(table + layout.tableRowNextAt) / 4];
  for (let row = 1; row < rowNext; row++) {
    if (isLive(memory, table, row))
      best.push({ row, score: score(memory, table, row, query, options.useWeight) });
  }
  best.sort((a, b) => b.score - a.score || a.row - b.row);
  const top = best.slice(0, options.k);
  return { rows: top.map((entry) => entry.row), scores: top.map((entry) => entry.score) };
}

function isLive(memory: Memory, table: number, row: number): boolean {
  const place = row % layout.chunkRows;
  const live = chunkOf(memory, table, row) + memory.u32[(table + layout.tablePlaneLAt) / 4];
  return ((memory.u8[live + (place >>> 3)] >>> (place & 7)) & 1) === 1;
}

function score(
  memory: Memory,
  table: number,
  row: number,
  query: Float32Array,
  useWeight: boolean,
): number {
  const places = placesOf(memory, table, row);
  const lane = new Float32Array(4);
  for (let d = 0; d < query.length; d++)
    lane[d % 4] += fround(memory.f32[places.vector + d] * query[d]);
  const sum = fround(fround(lane[0] + lane[2]) + fround(lane[1] + lane[3]));
  return useWeight ? fround(sum + memory.f32[places.weight]) : sum;
}
