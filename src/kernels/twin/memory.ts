import * as layout from "../layout.ts";

/** An arena's bytes from 0 on, as the twins read and write them. */
export interface Memory {
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
}

export function memoryOf(buffer: ArrayBufferLike): Memory {
  return {
    u8: new Uint8Array(buffer),
    u32: new Uint32Array(buffer),
    f32: new Float32Array(buffer),
    f64: new Float64Array(buffer),
  };
}

/** Indices into `f32` (and `u32`) of the parts of a row. */
export interface RowPlaces {
  readonly vector: number;
  readonly weight: number;
  readonly accumulator: number;
  readonly state: number;
}

export function chunkOf(memory: Memory, table: number, row: number): number {
  return memory.u32[
    memory.u32[(table + layout.tableDirectoryAt) / 4] / 4 + (row >>> layout.chunkRowsLog2)
  ];
}

export function placesOf(memory: Memory, table: number, row: number): RowPlaces {
  const { u32 } = memory;
  const chunk = chunkOf(memory, table, row);
  const place = row % layout.chunkRows;
  const vectorBytes = u32[(table + layout.tableDimAt) / 4] * 4;
  const rowS =
    chunk +
    u32[(table + layout.tablePlaneSAt) / 4] +
    place * u32[(table + layout.tableRowSBytesAt) / 4];
  return {
    vector: (chunk + place * vectorBytes) / 4,
    weight: (chunk + u32[(table + layout.tablePlaneWAt) / 4] + place * 4) / 4,
    accumulator: (rowS + layout.rowStateAt) / 4,
    state: (rowS + layout.rowLinearAt) / 4,
  };
}
