export type Initialiser =
  | { readonly kind: "zeros" }
  /** Every component is `value`. */
  | { readonly kind: "constant"; readonly value: number }
  /** Uniform in [-scale, scale). */
  | { readonly kind: "uniform"; readonly scale: number }
  /** Normal with mean 0 and this standard deviation. */
  | { readonly kind: "normal"; readonly scale: number };

export interface TableOptions {
  /** Components of a vector: a multiple of 4 from 0 (weights only) to 128. */
  readonly dim: number;
  /** Decides bucket choice and initial values; the same on every machine that should agree. */
  readonly seed: bigint;
  /** An id gets its row on this sighting; 1 (default) = at once. */
  readonly admitAfter?: number;
  /** An admitted id not observed for this long is removed by `expire`; 0 (default) = never. */
  readonly ttlSeconds?: number;
  /** The same for ids that wait for admission; default: `ttlSeconds`. */
  readonly pendingTtlSeconds?: number;
  /** How a new row's vector starts; default uniform, 0.05. The weight always starts at 0. */
  readonly initialiser?: Initialiser;
  /** Adagrad's sum of squares of a new row, above 0; default 1. */
  readonly vectorAccumulator?: number;
  /** FTRL's n of a new row, 0 or more; default 0. */
  readonly linearAccumulator?: number;
  /** Ids the table has room for before it first grows; default 200. */
  readonly idCountExpected?: number;
}

/** One id, explained. */
export type Entry =
  | {
      readonly state: "admitted";
      readonly key: bigint;
      readonly row: number;
      /** When it was last observed, epoch seconds. */
      readonly seenSeconds: number;
      readonly weight: number;
      readonly vector: Float32Array;
      readonly vectorAccumulator: Float32Array;
      readonly ftrlZ: number;
      readonly ftrlN: number;
    }
  | {
      readonly state: "pending";
      readonly key: bigint;
      readonly count: number;
      /** Epoch seconds, even: kept in steps of 2 seconds. */
      readonly seenSeconds: number;
    };

export interface ScoredRows {
  /** Best first; equal scores by growing row. */
  readonly rows: Uint32Array;
  readonly scores: Float32Array;
}

export interface TableStats {
  /** Admitted ids. */
  readonly idCount: number;
  readonly pendingCount: number;
  /** Slots for ids, of both kinds, before the table must grow. */
  readonly slotCount: number;
  /** Share of slots in use, 0 to 1. */
  readonly load: number;
  /** Removed rows that wait to be used again. */
  readonly freeRowCount: number;
  readonly bucketBytes: number;
  readonly rowBytes: number;
  readonly growthCount: number;
  /** Since the table was made (and through snapshots): */
  readonly admittedTotal: number;
  readonly expiredTotal: number;
  readonly pendingExpiredTotal: number;
  readonly removedTotal: number;
  /** Insertions that displaced 0, 1, … 6, and 7 or more entries. */
  readonly displacements: readonly number[];
}
