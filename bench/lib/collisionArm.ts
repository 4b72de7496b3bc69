/** One arm of the comparison: a factorisation machine over a stream, its ids kept apart or hashed. */
import { hash64 } from "#foldback/core";
import { Arena, type EmbeddingTable, noRow } from "#foldback/embedding";
import { auc, FactorisationMachine, type Feature } from "#foldback/model";
import type { ExampleStream } from "./exampleStreams.ts";

/** What the arms of one stream share. */
export interface FmSettings {
  /** FTRL's rate, of weights and bias. */
  readonly alpha: number;
  /** Adagrad's rate, of vectors. */
  readonly learningRate: number;
}

/**
 * How a slot's ids are given to the model: as they are; hashed to 64 bits, which gives them other names and no
 * collision, so that it must make no difference; or hashed into an n-th of their number of buckets.
 */
export type Ids = "own" | "hash64" | number;

export interface Arm {
  readonly ids: Ids;
  /** Decides the hash and where vectors start. */
  readonly seed: number;
  readonly settings: FmSettings;
}

export interface ArmResult {
  /** Of all examples, each predicted before it is learned. */
  readonly auc: number;
  /** Distinct rows that the users and the items of the stream have in the tables. */
  readonly userRows: number;
  readonly itemRows: number;
}

export const dim = 8;
/** Float32: the weight with FTRL's z and n; the vector with Adagrad's sums of squares. */
const rowBytes = 12 + 8 * dim;
/** The id, its row and its stamp in a bucket, and the id again beside the row: an array needs none. */
const keyBytes = 16 + 8;
const arenaBytesMax = 256 * 1024 * 1024; // several times what the larger stream takes

/** The most rows that so many ids of a slot can have. */
export function bucketCount(idCount: number, ids: Ids): number {
  return typeof ids === "number" ? Math.ceil(idCount / ids) : idCount;
}

/** What just these rows take: with their ids if they are told apart, else as an array of all buckets. */
export function sizeBytes(rowCount: number, ids: Ids): number {
  return rowCount * (typeof ids === "number" ? rowBytes : keyBytes + rowBytes);
}

/** Predicts each example, then learns from it. The hashed id is the id: nothing else differs. */
export function runArm(stream: ExampleStream, { ids, seed, settings }: Arm): ArmResult {
  const model = FactorisationMachine.create(Arena.create({ sizeBytesMax: arenaBytesMax }), {
    slots: { user: {}, item: {} },
    dim,
    linear: { alpha: settings.alpha, beta: 1, l1: 0, l2: 0 },
    vectors: { learningRate: settings.learningRate, l2: 0 },
    featureCountMax: 2,
    seed: BigInt(seed),
  });
  const users = featuresOf("user", stream.userCount, ids, seed);
  const items = featuresOf("item", stream.itemCount, ids, seed);
  const predictions = new Float64Array(stream.labels.length);
  for (let i = 0; i < predictions.length; i++) {
    const features = [users[stream.users[i]], items[stream.items[i]]];
    predictions[i] = model.predictOne(features);
    model.learnOne({ features, label: stream.labels[i] }, 1); // nothing expires: any time will do
  }
  return {
    auc: auc(predictions, stream.labels),
    userRows: countRows(model.tables.user, keysOf(users)),
    itemRows: countRows(model.tables.item, keysOf(items)),
  };
}

/** By index of the id. */
function featuresOf(slot: string, idCount: number, ids: Ids, seed: number): Feature[] {
  const buckets = BigInt(bucketCount(idCount, ids));
  return Array.from({ length: idCount }, (_, index) => {
    if (ids === "own") return { slot, id: BigInt(index) };
    const hash = hash64(`${slot} ${index}`, BigInt(seed));
    return { slot, id: ids === "hash64" ? hash : hash % buckets };
  });
}

function keysOf(features: readonly Feature[]): BigUint64Array {
  return BigUint64Array.from(features, ({ id }) => id);
}

/** Distinct rows of the ids; an id without one does not count. */
export function countRows(table: EmbeddingTable, keys: BigUint64Array): number {
  const rows = new Uint32Array(keys.length);
  table.find(keys, rows);
  const distinct = new Set(rows);
  distinct.delete(noRow);
  return distinct.size;
}
