/**
 * A record batch of Kafka (format 2, since 0.11), big-endian:
 *
 *    0  i64  base offset: 0, the broker's to give       21  i16  attributes: 0, no compression, CreateTime
 *    8  i32  bytes after this field                     23  i32  records − 1
 *   12  i32  leader epoch: −1, the broker's to give     27  i64  timestamp of the first record, and of the latest
 *   16  i8   format: 2                                  43  i64  producer's id, i16 epoch, i32 first sequence number
 *   17  u32  CRC-32C of all bytes after this field      57  i32  records
 *   61       the records: lengths and differences as zigzag varints
 *
 * Our own, as the client library's encoder breaks differences of timestamps of 2^31 ms (25 days) and more, which
 * imported history has: it shifts by 31 bits where 63 are needed (@platformatic/dynamic-buffer 0.3.1).
 *
 * Source: Apache Kafka documentation, "Message Format".
 */
import { crc32c } from "@platformatic/kafka";
import { batchOverheadBytes, type ProducedRecord, producedBytes } from "./topicPartition.ts";

export interface BatchProducer {
  readonly id: bigint;
  readonly epoch: number;
  /** Of the batch's first record. */
  readonly sequence: number;
}

/** Marks a record that a node of ours wrote: `foldback: 1`. */
const header = { key: Buffer.from("foldback"), value: Buffer.from("1") };
const crcAt = 17;
const attributesAt = 21;

/** @param records at least one. O(bytes). */
export function encodeRecordBatch(
  records: readonly ProducedRecord[],
  { id, epoch, sequence }: BatchProducer,
): Buffer {
  const sizeBytesMax = records.reduce(
    (sum, record) => sum + producedBytes(record),
    batchOverheadBytes,
  );
  const bytes = Buffer.allocUnsafe(sizeBytesMax);
  const firstTime = records[0].time;
  let newestTime = firstTime;
  let position = batchOverheadBytes;
  records.forEach((record, i) => {
    newestTime = Math.max(newestTime, record.time);
    position = writeRecord(bytes, position, record, { index: i, time: record.time - firstTime });
  });
  bytes.writeBigInt64BE(0n, 0);
  bytes.writeInt32BE(position - 12, 8);
  bytes.writeInt32BE(-1, 12);
  bytes.writeInt8(2, 16);
  bytes.writeInt16BE(0, attributesAt);
  bytes.writeInt32BE(records.length - 1, 23);
  bytes.writeBigInt64BE(BigInt(firstTime), 27);
  bytes.writeBigInt64BE(BigInt(newestTime), 35);
  bytes.writeBigInt64BE(id, 43);
  bytes.writeInt16BE(epoch, 51);
  bytes.writeInt32BE(sequence, 53);
  bytes.writeInt32BE(records.length, 57);
  const batch = bytes.subarray(0, position);
  batch.writeUInt32BE(crc32c(batch.subarray(attributesAt)), crcAt);
  return batch;
}

/** @param difference from the first record. */
function writeRecord(
  bytes: Buffer,
  start: number,
  { key, value }: ProducedRecord,
  difference: { index: number; time: number },
): number {
  const keyLength = key?.length ?? -1;
  const bodyBytes =
    1 +
    varintBytes(difference.time) +
    varintBytes(difference.index) +
    varintBytes(keyLength) +
    (key?.length ?? 0) +
    varintBytes(value.length) +
    value.length +
    headerBytes;
  let position = writeVarint(bytes, start, bodyBytes);
  bytes[position++] = 0; // attributes: none are defined
  position = writeVarint(bytes, position, difference.time);
  position = writeVarint(bytes, position, difference.index);
  position = writeVarint(bytes, position, keyLength);
  if (key !== undefined) position += key.copy(bytes, position);
  position = writeVarint(bytes, position, value.length);
  position += value.copy(bytes, position);
  position = writeVarint(bytes, position, 1);
  position = writeVarint(bytes, position, header.key.length);
  position += header.key.copy(bytes, position);
  position = writeVarint(bytes, position, header.value.length);
  return position + header.value.copy(bytes, position);
}

/** Zigzag: 0, −1, 1, −2 … become 0, 1, 2, 3 …; exact for differences of times, below 2^52. */
function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function writeVarint(bytes: Buffer, start: number, value: number): number {
  let position = start;
  let rest = zigzag(value);
  // Not by bits: those of JavaScript end at 32.
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[position++] = (rest % 128) + 128;
  bytes[position++] = rest;
  return position;
}

function varintBytes(value: number): number {
  let count = 1;
  for (let rest = zigzag(value); rest >= 128; rest = Math.floor(rest / 128)) count++;
  return count;
}

const headerBytes =
  varintBytes(1) +
  varintBytes(header.key.length) +
  header.key.length +
  varintBytes(header.value.length) +
  header.value.length;
