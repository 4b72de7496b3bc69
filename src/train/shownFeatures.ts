import { assert, hash64 } from "../core/index.ts";
import { signalCount } from "../features/index.ts";
import { bucketsMax, recentMax } from "../model/index.ts";
import type { PackedBytes } from "./joiner.ts";

/**
 * The context bucket of what was shown. Whether a shown item is acted on is another question than which
 * item is taken next: in this bucket the model learns what signals are worth to it, and how often it
 * happens at all, while vectors and weights answer both.
 */
export const shownBucket: bigint = hash64("shown", 0x6275636bn); // as the buckets of `features/signals`

/** What a shown item was like for the account when it was shown. Items by their numbers in the state. */
export interface ShownFeatures {
  /** 64-bit id of the account. */
  readonly account: bigint;
  readonly item: number;
  readonly recent: ArrayLike<number>;
  /** 64-bit ids of the context buckets. */
  readonly buckets: ArrayLike<bigint>;
  /** (signalCount,) */
  readonly signals: Float32Array;
}

// One buffer for all: coding allocates nothing but what it gives.
const sizeBytesMax = 24 + bucketsMax * 8 + (recentMax + signalCount) * 4;
const bytes = new Uint8Array(Math.ceil(sizeBytesMax / 8) * 8);
const text = Buffer.from(bytes.buffer);
const words = new Uint32Array(bytes.buffer);
const ids = new BigUint64Array(bytes.buffer);
const numbers = new Float32Array(bytes.buffer);

/**
 * As the joiner keeps them, about 170 bytes:
 *
 * ```
 *    0  u64  account
 *    8  u32  item
 *   12  u32  how many are recent
 *   16  u32  how many buckets
 *   20  u32  0
 *   24  u64  each bucket
 *       f32  signals
 *       u32  each recent item
 * ```
 */
export function encodeShown(shown: ShownFeatures): PackedBytes {
  const { recent, buckets, signals } = shown;
  assert(recent.length <= recentMax && buckets.length <= bucketsMax, "features are within limits");
  ids[0] = shown.account;
  words[2] = shown.item;
  words[3] = recent.length;
  words[4] = buckets.length;
  words[5] = 0;
  for (let i = 0; i < buckets.length; i++) ids[3 + i] = buckets[i];
  let at = 6 + buckets.length * 2;
  for (let i = 0; i < signalCount; i++) numbers[at++] = signals[i];
  for (let i = 0; i < recent.length; i++) words[at++] = recent[i];
  return text.toString("latin1", 0, at * 4);
}

/** What `encodeShown` was given; overwritten by the next call of either. */
export function decodeShown(encoded: PackedBytes): ShownFeatures {
  assert(encoded.length <= bytes.length, "features are within limits");
  text.write(encoded, "latin1");
  const recentCount = words[3];
  const bucketCount = words[4];
  const signalsAt = 6 + bucketCount * 2;
  const recentAt = signalsAt + signalCount;
  return {
    account: ids[0],
    item: words[2],
    recent: words.subarray(recentAt, recentAt + recentCount),
    buckets: ids.subarray(3, 3 + bucketCount),
    signals: numbers.subarray(signalsAt, recentAt),
  };
}
