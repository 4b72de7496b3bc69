import { ByteReader, ByteWriter } from "../core/index.ts";
import type { RankingContext } from "../model/index.ts";

/** What the account and the items of a group were like when it was learned. */
export interface GroupFeatures {
  readonly context: RankingContext;
  /** (count,) 64-bit ids. */
  readonly items: BigUint64Array;
  /** (count, signalCount) */
  readonly signals: Float32Array;
}

/** About 72 bytes an item. */
export function encodeGroup({ context, items, signals }: GroupFeatures): Uint8Array {
  const writer = new ByteWriter();
  writer.array(BigUint64Array.of(context.account));
  writer.array(BigUint64Array.from(context.recent));
  writer.array(BigUint64Array.from(context.buckets));
  writer.array(items);
  writer.array(signals);
  return writer.bytes().slice();
}

export function decodeGroup(bytes: Uint8Array): GroupFeatures {
  const reader = new ByteReader(bytes, "health");
  const [account] = reader.array(BigUint64Array);
  const recent = [...reader.array(BigUint64Array)];
  const buckets = [...reader.array(BigUint64Array)];
  const items = reader.array(BigUint64Array);
  const signals = reader.array(Float32Array);
  reader.end();
  return { context: { account, recent, buckets }, items, signals };
}
