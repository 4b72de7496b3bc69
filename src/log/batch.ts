/**
 * A batch: the records that one sync made durable, whole or not at all.
 *
 * Bytes, little-endian:
 *
 *    0  u32  CRC-32 of all bytes of the batch after this field
 *    4  4 B  FB 46 42 31: 0xFB (in no UTF-8 text), "FB", version 1
 *    8  u32  length of the batch in bytes, header included
 *   12  u32  how many records, at least 1
 *   16  u64  offset of the first record; the others follow without a gap
 *   24  u64  log time of the first record, epoch milliseconds
 *   32       the records, one after the other:
 *
 *            0  u32  length of the payload in bytes
 *            4  u16  partition (bits 0 to 14); bit 15: a fingerprint follows
 *            6  u48  log time of this record minus that of the first
 *           12       fingerprint of (source, type, id), 16 bytes, or nothing where the event has no id
 *            …       the event as JSON, UTF-8
 *
 * A record with a payload of 0 bytes is *void*: an offset at which nothing is, which no reader is shown. The copy of a
 * Kafka partition has them, where an offset of the topic gave no record (`kafka/`); other logs have none.
 *
 * The fingerprint stands beside the event so that the ids of the last 48 h are known again at open
 * without parsing them (0.2 µs a record instead of 2).
 *
 * Example: offset 7, log time 1,000, partition 3, {"type":"play"} without an id; 59 bytes.
 *
 *    0  3c d2 95 e6  fb 46 42 31  3b 00 00 00  01 00 00 00     CRC, magic, 59 bytes, 1 record
 *   16  07 00 00 00  00 00 00 00  e8 03 00 00  00 00 00 00     offset 7, log time 1,000
 *   32  0f 00 00 00  03 00  00 00 00 00 00 00                  15 bytes, partition 3, + 0 ms
 *   44  7b 22 74 79 70 65 22 3a 22 70 6c 61 79 22 7d           {"type":"play"}
 */
import { crc32 } from "node:zlib";
import { assert } from "../core/index.ts";
import { decodeEvent, type LogRecord, type Offset } from "../event/index.ts";
import { readUint53, writeUint53 } from "../storage/index.ts";

export const batchHeaderBytes = 32;
export const recordHeaderBytes = 12;
export const fingerprintBytes = 16;
/** What a partition number must stay below: 15 bits. */
export const partitionCountMax = 1 << 15;
/** Bounds what a reader must hold in memory to check one batch. */
export const batchBytesMax = 64 * 1024 * 1024;

const magic = 0x31_42_46_fb;
const fingerprintFlag = 1 << 15;

export interface BatchHeader {
  readonly sizeBytes: number;
  readonly recordCount: number;
  readonly baseOffset: number;
  readonly logTime: number;
}

/**
 * Fills in the header of a batch whose records already stand behind it, and the checksum.
 *
 * @param bytes the whole batch; mutated.
 */
export function sealBatch(bytes: Buffer, header: Omit<BatchHeader, "sizeBytes">): void {
  assert(header.recordCount > 0, "a batch has records");
  bytes.writeUInt32LE(magic, 4);
  bytes.writeUInt32LE(bytes.length, 8);
  bytes.writeUInt32LE(header.recordCount, 12);
  writeUint53(header.baseOffset, bytes, 16);
  writeUint53(header.logTime, bytes, 24);
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0);
}

/** Writes a record's fixed part at `position`; its log time is set when the batch is put together. */
export function writeRecordHeader(
  bytes: Buffer,
  position: number,
  record: { payloadBytes: number; partition: number; hasFingerprint: boolean },
): void {
  const flags = record.hasFingerprint ? fingerprintFlag : 0;
  bytes.writeUInt32LE(record.payloadBytes, position);
  bytes.writeUInt16LE(record.partition | flags, position + 4);
  writeRecordTime(bytes, position, 0);
}

export function writeRecordTime(bytes: Buffer, position: number, deltaMs: number): void {
  // In two parts: the 6-byte methods of Buffer take four times as long.
  bytes.writeUInt32LE(deltaMs % 0x1_0000_0000, position + 6);
  bytes.writeUInt16LE(Math.floor(deltaMs / 0x1_0000_0000), position + 10);
}

export function recordPartition(bytes: Buffer, position: number): number {
  return bytes.readUInt16LE(position + 4) & ~fingerprintFlag;
}

/** Fills in a record that only takes up its offset. */
export function writeVoid(bytes: Buffer, position: number): void {
  writeRecordHeader(bytes, position, { payloadBytes: 0, partition: 0, hasFingerprint: false });
}

export function isVoid(bytes: Buffer, position: number): boolean {
  return bytes.readUInt32LE(position) === 0;
}

/** Where the fingerprint of the record at `position` starts; -1 where there is none. */
export function fingerprintPosition(bytes: Buffer, position: number): number {
  const flags = bytes.readUInt16LE(position + 4);
  return (flags & fingerprintFlag) === 0 ? -1 : position + recordHeaderBytes;
}

/**
 * The header of the batch at `position`, when all of it is there and matches its checksum; else what is
 * wrong with it.
 */
export function checkBatch(
  bytes: Buffer,
  position: number,
): BatchHeader | { readonly problem: string } {
  const availableBytes = bytes.length - position;
  const sizeBytes = batchSizeBytes(bytes, position);
  if (typeof sizeBytes !== "number") return sizeBytes;
  if (sizeBytes > availableBytes) {
    return { problem: `a batch of ${sizeBytes} bytes is cut short after ${availableBytes}` };
  }
  if (bytes.readUInt32LE(position) !== crc32(bytes.subarray(position + 4, position + sizeBytes))) {
    return { problem: `a batch of ${sizeBytes} bytes does not match its checksum` };
  }
  return {
    sizeBytes,
    recordCount: bytes.readUInt32LE(position + 12),
    baseOffset: readUint53(bytes, position + 16),
    logTime: readUint53(bytes, position + 24),
  };
}

/** The stated length of the batch at `position`, of which at least the header must be there. */
export function batchSizeBytes(
  bytes: Buffer,
  position: number,
): number | { readonly problem: string } {
  if (bytes.length - position < batchHeaderBytes) return { problem: "the header is cut short" };
  if (bytes.readUInt32LE(position + 4) !== magic) return { problem: "no batch begins here" };
  const sizeBytes = bytes.readUInt32LE(position + 8);
  if (sizeBytes < batchHeaderBytes || sizeBytes > batchBytesMax) {
    return { problem: `${sizeBytes} is no length of a batch` };
  }
  return sizeBytes;
}

/** Where in `bytes`, from `position` on, the next whole and valid batch begins; -1 for nowhere. */
export function findBatch(bytes: Buffer, position: number): number {
  const needle = Buffer.alloc(4);
  needle.writeUInt32LE(magic, 0);
  for (let at = position; ; ) {
    const found = bytes.indexOf(needle, at + 4);
    if (found === -1) return -1;
    if (!("problem" in checkBatch(bytes, found - 4))) return found - 4;
    at = found - 3;
  }
}

/** Positions of the records in a batch that `checkBatch` found good. */
export function* recordPositions(batch: Buffer, header: BatchHeader): Generator<number> {
  let position = batchHeaderBytes;
  for (let i = 0; i < header.recordCount; i++) {
    yield position;
    position = recordEnd(batch, position);
  }
  assert(position === header.sizeBytes, "the records of a checked batch fill it");
}

/** Which records of a batch are decoded. */
export interface RecordRange {
  /** One offset per partition: those at or above it. */
  readonly from: Float64Array;
  /** Those below it; default: all. */
  readonly until?: Offset;
  /** Whether an event may be wanted, by its JSON: looking for a text in it costs a twentieth of decoding it. */
  readonly wants?: (payload: Buffer) => boolean;
}

/** Decodes the records of one checked batch that are in the range, in order. */
export function* decodeRecords(
  batch: Buffer,
  header: BatchHeader,
  { from, until = Infinity, wants }: RecordRange,
): Generator<LogRecord> {
  let offset = header.baseOffset;
  for (const position of recordPositions(batch, header)) {
    if (offset >= until) return;
    const partition = recordPartition(batch, position);
    if (offset >= from[partition] && !isVoid(batch, position)) {
      const payload = payloadOf(batch, position);
      if (wants === undefined || wants(payload)) {
        const logTime = recordTime(batch, position, header);
        yield { partition, offset, logTime, event: decodeEvent(payload.toString()) };
      }
    }
    offset++;
  }
}

/** The event of the record at `position`, as JSON: the bytes of the batch themselves. */
export function payloadOf(batch: Buffer, position: number): Buffer {
  const end = recordEnd(batch, position);
  return batch.subarray(end - batch.readUInt32LE(position), end);
}

export function recordTime(batch: Buffer, position: number, header: BatchHeader): number {
  const highPart = batch.readUInt16LE(position + 10);
  return header.logTime + highPart * 0x1_0000_0000 + batch.readUInt32LE(position + 6);
}

function recordEnd(bytes: Buffer, position: number): number {
  const flags = bytes.readUInt16LE(position + 4);
  const extraBytes = (flags & fingerprintFlag) === 0 ? 0 : fingerprintBytes;
  return position + recordHeaderBytes + extraBytes + bytes.readUInt32LE(position);
}
