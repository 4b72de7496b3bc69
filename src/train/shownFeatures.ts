import { ByteReader, ByteWriter, hash64 } from "../core/index.ts";
import type { RankingContext } from "../model/index.ts";

/**
 * The context bucket of what was shown. Whether a shown item is acted on is another question than which
 * item is taken next: in this bucket the model learns what signals are worth to it, and how often it
 * happens at all, while vectors and weights answer both.
 */
export const shownBucket: bigint = hash64("shown", 0x6275636bn); // as the buckets of `features/signals`

/** What a shown item was like for the account when it was shown. */
export interface ShownFeatures {
  readonly context: RankingContext;
  /** 64-bit id of the item. */
  readonly item: bigint;
  /** (signalCount,) */
  readonly signals: Float32Array;
}

/** As the joiner keeps them: about 200 bytes. */
export function encodeShown({ context, item, signals }: ShownFeatures): Uint8Array {
  const writer = new ByteWriter();
  writer.array(BigUint64Array.of(context.account, item));
  writer.array(BigUint64Array.from(context.recent));
  writer.array(BigUint64Array.from(context.buckets));
  writer.array(signals);
  return writer.bytes().slice();
}

export function decodeShown(bytes: Uint8Array): ShownFeatures {
  const reader = new ByteReader(bytes, "joiner");
  const [account, item] = reader.array(BigUint64Array);
  const recent = [...reader.array(BigUint64Array)];
  const buckets = [...reader.array(BigUint64Array)];
  const signals = reader.array(Float32Array);
  reader.end();
  return { context: { account, recent, buckets }, item, signals };
}
