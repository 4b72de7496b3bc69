import { expect, test } from "vitest";
import {
  batchHeaderBytes,
  checkBatch,
  decodeRecords,
  findBatch,
  recordHeaderBytes,
  sealBatch,
  writeRecordHeader,
} from "./batch.ts";

/** The worked example of batch.ts. */
const exampleHex = `
  3cd295e6 fb464231 3b000000 01000000
  0700000000000000 e803000000000000
  0f000000 0300 000000000000
  7b2274797065223a22706c6179227d`;
const example = Buffer.from(exampleHex.replace(/\s/g, ""), "hex");

test("a batch has the bytes that its description shows", () => {
  const json = '{"type":"play"}';
  const bytes = Buffer.alloc(batchHeaderBytes + recordHeaderBytes + json.length);
  writeRecordHeader(bytes, batchHeaderBytes, {
    payloadBytes: json.length,
    partition: 3,
    hasFingerprint: false,
  });
  bytes.write(json, batchHeaderBytes + recordHeaderBytes);
  sealBatch(bytes, { recordCount: 1, baseOffset: 7, logTime: 1_000 });
  expect(bytes.toString("hex")).toBe(example.toString("hex"));
});

test("the described bytes are read back as the record they show", () => {
  const header = checkBatch(example, 0);
  if ("problem" in header) throw new Error(header.problem);
  expect(header).toEqual({ sizeBytes: 59, recordCount: 1, baseOffset: 7, logTime: 1_000 });
  expect([...decodeRecords(example, header, { from: new Float64Array(4) })]).toEqual([
    { partition: 3, offset: 7, logTime: 1_000, event: { type: "play" } },
  ]);
  expect([...decodeRecords(example, header, { from: Float64Array.of(0, 0, 0, 8) })]).toEqual([]);
});

test("no byte of a batch can be changed, and none be missing, without being noticed", () => {
  for (let at = 0; at < example.length; at++) {
    for (const bit of [1, 16, 128]) {
      const damaged = Buffer.from(example);
      damaged[at] ^= bit;
      expect(checkBatch(damaged, 0), `byte ${at}, bit ${bit}`).toHaveProperty("problem");
    }
    expect(checkBatch(example.subarray(0, at), 0)).toHaveProperty("problem");
  }
});

test("the next good batch is found among other bytes, and a bad one is passed over", () => {
  const bad = Buffer.from(example);
  bad[40] ^= 1;
  const bytes = Buffer.concat([Buffer.alloc(5, 0xfb), bad, Buffer.from("FB1"), example]);
  expect(findBatch(bytes, 0)).toBe(5 + 59 + 3);
  expect(findBatch(bytes, 5 + 59 + 4)).toBe(-1);
  expect(findBatch(example, 0)).toBe(0);
});
