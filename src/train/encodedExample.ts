import { assert } from "../core/index.ts";
import type { Feature } from "../model/index.ts";
import type { PackedBytes } from "./joiner.ts";

/** What waits for a label. */
export interface WaitingExample {
  /** Of its `ExampleAsked`. */
  readonly index: number;
  readonly features: readonly Feature[];
}

const headBytes = 8;
const featureBytes = 13;

// One buffer for all: coding allocates nothing but what it gives.
let bytes = Buffer.alloc(headBytes + 64 * featureBytes);

/**
 * As the joiner keeps them: 8 bytes, and 13 a feature.
 *
 * ```
 * index f64 │ ids n × u64 │ values n × f32 │ slots n × u8
 * ```
 *
 * @param slots names of the slots; a feature's is kept as its place in them, at most 64 as models have.
 */
export function encodeExample(
  slots: readonly string[],
  { index, features }: WaitingExample,
): PackedBytes {
  const count = features.length;
  const end = headBytes + count * featureBytes;
  if (bytes.length < end) bytes = Buffer.alloc(end * 2);
  bytes.writeDoubleLE(index, 0);
  for (let i = 0; i < count; i++) {
    const { slot, id, value = 1 } = features[i];
    bytes.writeBigUInt64LE(id, headBytes + i * 8);
    bytes.writeFloatLE(value, headBytes + count * 8 + i * 4);
    bytes.writeUInt8(slots.indexOf(slot), headBytes + count * 12 + i);
  }
  return bytes.toString("latin1", 0, end);
}

export function decodeExample(slots: readonly string[], encoded: PackedBytes): WaitingExample {
  if (bytes.length < encoded.length) bytes = Buffer.alloc(encoded.length * 2);
  bytes.write(encoded, "latin1");
  const count = (encoded.length - headBytes) / featureBytes;
  assert(Number.isInteger(count) && count >= 0, "an example is whole");
  const features: Feature[] = [];
  for (let i = 0; i < count; i++) {
    const slot = slots[bytes.readUInt8(headBytes + count * 12 + i)];
    const id = bytes.readBigUInt64LE(headBytes + i * 8);
    features.push({ slot, id, value: bytes.readFloatLE(headBytes + count * 8 + i * 4) });
  }
  return { index: bytes.readDoubleLE(0), features };
}
