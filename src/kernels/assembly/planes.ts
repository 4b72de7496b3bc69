/** Where the parts of a row are: from a row to its chunk, and its place in each plane. */
import {
  chunkRows,
  chunkRowsLog2,
  tableDirectoryAt,
  tablePlaneEAt,
  tablePlaneKAt,
  tablePlaneLAt,
  tablePlaneNAt,
  tablePlaneSAt,
  tablePlaneWAt,
  tableRowSBytesAt,
} from "../layout";

@inline
export function chunkOf(table: usize, row: u32): usize {
  return load<u32>(<usize>load<u32>(table, tableDirectoryAt) + ((row >>> chunkRowsLog2) << 2));
}

@inline
export function placeOf(row: u32): u32 {
  return row & (chunkRows - 1);
}

/** A row's clock, and what follows it: all that only the writer looks at. */
@inline
export function metaOf(table: usize, chunk: usize, place: u32): usize {
  return chunk + load<u32>(table, tablePlaneSAt) + place * load<u32>(table, tableRowSBytesAt);
}

@inline
export function keyOfRow(table: usize, row: u32): usize {
  return chunkOf(table, row) + load<u32>(table, tablePlaneKAt) + (placeOf(row) << 3);
}

@inline
export function isLive(table: usize, chunk: usize, place: u32): bool {
  return ((<u32>load<u8>(liveOf(table, chunk, place)) >>> (place & 7)) & 1) != 0;
}

@inline
export function liveOf(table: usize, chunk: usize, place: u32): usize {
  return chunk + load<u32>(table, tablePlaneLAt) + (place >>> 3);
}

@inline
export function weightOf(table: usize, chunk: usize, place: u32): usize {
  return chunk + load<u32>(table, tablePlaneWAt) + (place << 2);
}

@inline
export function scaleOf(table: usize, chunk: usize, place: u32): usize {
  return chunk + load<u32>(table, tablePlaneEAt) + (place << 2);
}

/** Of a table that has norms. */
@inline
export function normOf(table: usize, chunk: usize, place: u32): usize {
  return chunk + load<u32>(table, tablePlaneNAt) + (place << 2);
}
