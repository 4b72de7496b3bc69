/** Where the parts of a row are: from a row to its chunk, and its place in each plane. */
import {
  chunkRows,
  chunkRowsLog2,
  tableDirectoryAt,
  tablePlaneEAt,
  tablePlaneKAt,
  tablePlaneNAt,
  tablePlaneWAt,
} from "../layout";

@inline
export function chunkOf(table: usize, row: u32): usize {
  return load<u32>(<usize>load<u32>(table, tableDirectoryAt) + ((row >>> chunkRowsLog2) << 2));
}

@inline
export function placeOf(row: u32): u32 {
  return row & (chunkRows - 1);
}

@inline
export function keyOfRow(table: usize, row: u32): usize {
  return chunkOf(table, row) + load<u32>(table, tablePlaneKAt) + (placeOf(row) << 3);
}

/** Of a live row the steps it took, of a free row the next free row. */
@inline
export function linkOfRow(table: usize, row: u32): usize {
  return chunkOf(table, row) + load<u32>(table, tablePlaneNAt) + (placeOf(row) << 2);
}

@inline
export function weightOf(table: usize, chunk: usize, place: u32): usize {
  return chunk + load<u32>(table, tablePlaneWAt) + (place << 2);
}

@inline
export function scaleOf(table: usize, chunk: usize, place: u32): usize {
  return chunk + load<u32>(table, tablePlaneEAt) + (place << 2);
}
