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

// One buffer for all: coding allocates nothing but what it gives. Its lists are where typed arrays can be.
let bytes = Buffer.alloc(0);
let numbers = new Float64Array(0);
let ids = new BigUint64Array(0);
let values = new Float32Array(0);

/**
 * As the joiner keeps them: 8 bytes, and 13 a feature.
 *
 * ```
 * index f64 │ ids n × u64 │ values n × f32 │ slots n × u8        little-endian, as the machine is
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
  makeRoom(end);
  numbers[0] = index;
  const [valuesAt, slotsAt] = [2 + count * 2, headBytes + count * 12];
  for (let i = 0; i < count; i++) {
    const { slot, id, value = 1 } = features[i];
    ids[1 + i] = id;
    values[valuesAt + i] = value;
    bytes[slotsAt + i] = slots.indexOf(slot);
  }
  return bytes.toString("latin1", 0, end);
}

export function decodeExample(slots: readonly string[], encoded: PackedBytes): WaitingExample {
  makeRoom(encoded.length);
  bytes.write(encoded, "latin1");
  const count = (encoded.length - headBytes) / featureBytes;
  assert(Number.isInteger(count) && count >= 0, "an example is whole");
  const features: Feature[] = [];
  const [valuesAt, slotsAt] = [2 + count * 2, headBytes + count * 12];
  for (let i = 0; i < count; i++)
    features.push({ slot: slots[bytes[slotsAt + i]], id: ids[1 + i], value: values[valuesAt + i] });
  return { index: numbers[0], features };
}

function makeRoom(sizeBytes: number): void {
  if (bytes.length >= sizeBytes) return;
  const memory = new ArrayBuffer(Math.ceil(sizeBytes / 8) * 16);
  bytes = Buffer.from(memory);
  numbers = new Float64Array(memory);
  ids = new BigUint64Array(memory);
  values = new Float32Array(memory);
}
