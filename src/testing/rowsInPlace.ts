/** Rows of embedding tables as they lie in memory, for tests that set them or compare them with a twin's. */
import { expect } from "vitest";
import type { Arena, EmbeddingTable } from "../embedding/index.ts";
import { twin } from "../kernels/index.ts";

/** A copy of all the arena's memory, for a twin to work on. */
export function copyOf(arena: Arena): twin.Memory {
  return twin.memoryOf(bytesOf(arena).slice().buffer);
}

/** The parts of a row: not copies. */
export function rowInPlace(
  arena: Arena,
  table: EmbeddingTable,
  row: number,
): { vector: Float32Array; accumulator: Float32Array; weight: Float32Array; state: Float32Array } {
  const places = twin.placesOf(twin.memoryOf(bytesOf(arena).buffer), table.pointer, row);
  return {
    vector: arena.f32(places.vector * 4, table.dim),
    accumulator: arena.f32(places.accumulator * 4, table.dim),
    weight: arena.f32(places.weight * 4, 1),
    state: arena.f32(places.state * 4, 2),
  };
}

/** Changes all of a row that a step of learning changes; by how much, `amount` alone decides. */
export function moveRow(arena: Arena, table: EmbeddingTable, row: number, amount: number): void {
  const { vector, accumulator, weight, state } = rowInPlace(arena, table, row);
  for (let d = 0; d < vector.length; d++) {
    vector[d] += amount * (1 - (d % 3));
    accumulator[d] += amount * amount;
  }
  weight[0] -= amount;
  state[0] += amount;
  state[1] += amount * amount;
}

/** Every byte of the tables' first chunks of rows is the twin's. */
export function expectSameRows(
  arena: Arena,
  tables: readonly EmbeddingTable[],
  memory: twin.Memory,
): void {
  for (const table of tables) {
    const { idCount, rowBytes } = table.stats();
    if (idCount === 0) continue;
    const first = twin.placesOf(memory, table.pointer, 0).vector * 4;
    const ours = arena.u8(first, rowBytes);
    expect(Buffer.compare(ours, memory.u8.subarray(first, first + rowBytes))).toBe(0);
  }
}

function bytesOf(arena: Arena): Uint8Array<SharedArrayBuffer> {
  return arena.u8(0, arena.share().memory.buffer.byteLength);
}
