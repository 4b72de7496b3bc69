/**
 * A segment: one file of the log, named by the offset of its first record. All partitions share it, so
 * that one sync makes a whole group durable, whatever accounts are in it.
 *
 *   0000000000000000.log   offsets      0 ..  52,100   sealed: never changes again
 *   0000000000052101.log   offsets 52,101 .. 104,377   sealed
 *   0000000000104378.log   offsets 104,378 ..          active: batches are added at its end
 *
 * It opens with a header (little-endian) that tells the state of the log where it starts, so that opening
 * a log reads the last segment only:
 *
 *    0  u32  CRC-32 of all bytes of the header after this field
 *    4  4 B  FB 46 53 31: 0xFB (in no UTF-8 text), "FS", version 1
 *    8  u32  partitionCount
 *   12  u32  0
 *   16  u64  base offset, as in the name
 *   24  u64  log time of the record before, epoch milliseconds; 0 in the first segment
 *   32  u64  head of partition 0 (its next offset), and so on for each partition
 */
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { readUint53, writeUint53 } from "../storage/index.ts";

export interface SegmentStart {
  readonly baseOffset: number;
  readonly lastLogTime: number;
  /** The next offset of each partition. */
  readonly heads: readonly number[];
}

const magic = 0x31_53_46_fb;
const fixedBytes = 32;
const namePattern = /^(\d{16})\.log$/; // 2^53 has 16 digits

export function segmentHeaderBytes(partitionCount: number): number {
  return fixedBytes + 8 * partitionCount;
}

export function segmentPath(directory: string, baseOffset: number): string {
  return join(directory, `${String(baseOffset).padStart(16, "0")}.log`);
}

/** The base offsets of the segments among these file names, ascending. */
export function segmentBases(names: readonly string[]): number[] {
  const bases: number[] = [];
  for (const name of names) {
    const digits = namePattern.exec(name)?.[1];
    if (digits !== undefined) bases.push(Number(digits));
  }
  return bases.sort((a, b) => a - b);
}

export function encodeSegmentHeader(start: SegmentStart): Buffer {
  const header = Buffer.alloc(segmentHeaderBytes(start.heads.length));
  header.writeUInt32LE(magic, 4);
  header.writeUInt32LE(start.heads.length, 8);
  writeUint53(start.baseOffset, header, 16);
  writeUint53(start.lastLogTime, header, 24);
  start.heads.forEach((head, partition) => {
    writeUint53(head, header, fixedBytes + 8 * partition);
  });
  header.writeUInt32LE(crc32(header.subarray(4)), 0);
  return header;
}

/** @param bytes the file from its start, at least as long as the header if the file is. */
export function decodeSegmentHeader(bytes: Buffer): SegmentStart | { readonly problem: string } {
  if (bytes.length < fixedBytes) return { problem: `the header ends after ${bytes.length} bytes` };
  if (bytes.readUInt32LE(4) !== magic) {
    return { problem: "it does not begin as a log segment of format version 1" };
  }
  const partitionCount = bytes.readUInt32LE(8);
  const headerBytes = segmentHeaderBytes(partitionCount);
  if (bytes.length < headerBytes) return { problem: "the header is cut short" };
  if (bytes.readUInt32LE(0) !== crc32(bytes.subarray(4, headerBytes))) {
    return { problem: "the header does not match its checksum" };
  }
  const heads: number[] = [];
  for (let partition = 0; partition < partitionCount; partition++) {
    heads.push(readUint53(bytes, fixedBytes + 8 * partition));
  }
  return { baseOffset: readUint53(bytes, 16), lastLogTime: readUint53(bytes, 24), heads };
}
