import { Reader, readRecordsBatch } from "@platformatic/kafka";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { encodeRecordBatch } from "./recordBatch.ts";
import { batchOverheadBytes, type ProducedRecord, producedBytes } from "./topicPartition.ts";

const producer = { id: 77n, epoch: 3, sequence: 12 };

const recordArbitrary: fc.Arbitrary<ProducedRecord> = fc.record({
  key: fc.option(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    {
      nil: undefined,
    },
  ),
  value: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  time: fc.oneof(fc.nat(), fc.integer({ min: 0, max: 2 ** 47 - 1 })),
});

test("the client library reads back what was encoded, whatever times are together in a batch", () => {
  fc.assert(
    fc.property(fc.array(recordArbitrary, { minLength: 1, maxLength: 200 }), (records) => {
      const bytes = encodeRecordBatch(records, producer);
      const batch = readRecordsBatch(Reader.from(bytes));
      expect(batch).toMatchObject({
        firstOffset: 0n,
        length: bytes.length - 12,
        magic: 2,
        attributes: 0,
        lastOffsetDelta: records.length - 1,
        firstTimestamp: BigInt(records[0].time),
        maxTimestamp: BigInt(Math.max(...records.map(({ time }) => time))),
        producerId: 77n,
        producerEpoch: 3,
        firstSequence: 12,
      });
      const read = batch.records.map(({ key, value, timestampDelta, offsetDelta, headers }) => ({
        key: key ?? undefined,
        value,
        time: records[0].time + Number(timestampDelta),
        offsetDelta,
        headers: headers.map((header) => header.map(String)),
      }));
      expect(read).toEqual(
        records.map((record, i) => ({
          ...record,
          offsetDelta: i,
          headers: [["foldback", "1"]],
        })),
      );
      const counted = records.reduce(
        (sum, record) => sum + producedBytes(record),
        batchOverheadBytes,
      );
      expect(bytes.length).toBeLessThanOrEqual(counted);
    }),
  );
});

test("a batch has the bytes that Kafka's description of the format gives", () => {
  // By hand: one record at 1,000 ms, key "a", value "{}".
  const bytes = encodeRecordBatch(
    [{ key: Buffer.from("a"), value: Buffer.from("{}"), time: 1_000 }],
    { id: -1n, epoch: -1, sequence: -1 },
  );
  const record =
    "28" + // 20 bytes follow
    "00" + // attributes
    "00" + // + 0 ms
    "00" + // + 0 offsets
    "0261" + // key
    "047b7d" + // value
    "02" + // one header
    "10666f6c646261636b" + // "foldback"
    "0231"; // "1"
  const afterCrc =
    "0000" + // attributes
    "00000000" + // last offset: + 0
    "00000000000003e8".repeat(2) + // first and newest time
    "ffffffffffffffff" + // no producer
    "ffff" +
    "ffffffff" +
    "00000001" +
    record;
  const crc = crc32cOf(Buffer.from(afterCrc, "hex"));
  const length = (afterCrc.length / 2 + 9).toString(16).padStart(8, "0");
  expect(bytes.toString("hex")).toBe(
    `0000000000000000${length}ffffffff02${crc.toString(16).padStart(8, "0")}${afterCrc}`,
  );
});

/** Bit by bit, from the polynomial of RFC 3720. */
function crc32cOf(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? 0x82f63b78 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
