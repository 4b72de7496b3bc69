import { ByteReader, ByteWriter } from "../core/index.ts";
import type { Feature } from "../model/index.ts";

/** What waits for a label. */
export interface WaitingExample {
  /** Of its `ExampleAsked`. */
  readonly index: number;
  readonly features: readonly Feature[];
}

/**
 * As the joiner keeps them: 24 bytes, and 13 a feature.
 *
 * ```
 * index f64 │ ids n × u64 │ values n × f32 │ slots n × u8        each list with its length
 * ```
 *
 * @param slots names of the slots; a feature's is kept as its place in them, at most 64 as models have.
 */
export function encodeExample(
  slots: readonly string[],
  { index, features }: WaitingExample,
): Uint8Array {
  const writer = new ByteWriter();
  writer.f64(index);
  writer.array(BigUint64Array.from(features, ({ id }) => id));
  writer.array(Float32Array.from(features, ({ value = 1 }) => value));
  writer.block(Uint8Array.from(features, ({ slot }) => slots.indexOf(slot)));
  return writer.bytes().slice();
}

export function decodeExample(slots: readonly string[], bytes: Uint8Array): WaitingExample {
  const reader = new ByteReader(bytes, "examples");
  const index = reader.f64();
  const ids = reader.array(BigUint64Array);
  const values = reader.array(Float32Array);
  const places = reader.block();
  reader.end();
  const features = Array.from(ids, (id, i) => ({ slot: slots[places[i]], id, value: values[i] }));
  return { index, features };
}
