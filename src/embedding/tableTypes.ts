import type { Optimiser } from "./optimiser.ts";

export type Initialiser =
  | { readonly kind: "zeros" }
  /** Every component is `value`. */
  | { readonly kind: "constant"; readonly value: number }
  /** Uniform in [-scale, scale). */
  | { readonly kind: "uniform"; readonly scale: number }
  /** Normal with mean 0 and this standard deviation. */
  | { readonly kind: "normal"; readonly scale: number };

/** FTRL-proximal of the weights: McMahan et al., KDD 2013, Algorithm 1. */
export interface LinearOptions {
  /** Learning rate, above 0; default 0.1. */
  readonly alpha?: number;
  /** Damps the first steps, 0 or more; default 1. */
  readonly beta?: number;
  /** Keeps weights with little evidence at exactly 0; default 0. */
  readonly l1?: number;
  /** Pulls weights towards 0; default 0. */
  readonly l2?: number;
  /** n of a new row, 0 or more; default 0. */
  readonly initialAccumulator?: number;
}

/** How a vector's components lie in memory: 4, 2 or 1 bytes each. */
export type VectorFormat = "f32" | "f16" | "int8";

export interface TableOptions {
  /** Components of a vector: a multiple of 4 from 0 (weights only) to 128. */
  readonly dim: number;
  /** Decides bucket choice and initial values; the same on every machine that should agree. */
  readonly seed: bigint;
  /** An id gets its row on this sighting; 1 (default) = at once. At most 4,294,967,295. */
  readonly admitAfter?: number;
  /**
   * "exact" (default): sightings are counted, and an id has its row from the `admitAfter`-th on.
   * "probabilistic": nothing is kept of an id without a row; each sighting admits it with the same
   * probability, so that 95 % have a row after `admitAfter` sightings.
   */
  readonly admission?: "exact" | "probabilistic";
  /** An admitted id not observed for this long is removed by `expire`; 0 (default) = never. */
  readonly ttlSeconds?: number;
  /** The same for ids that wait for admission; default: `ttlSeconds`. */
  readonly pendingTtlSeconds?: number;
  /** The most ids that may have a row; default: as many as the arena has memory for. */
  readonly idCountMax?: number;
  /**
   * At `idCountMax`: "refuse" (default) a new id with TABLE_FULL, or "evictOldest": the id that was
   * not observed for longest gives way; among equals the one with the smallest row.
   */
  readonly whenFull?: "refuse" | "evictOldest";
  /** How a new row's vector starts; default uniform, 0.05. The weight always starts at 0. */
  readonly initialiser?: Initialiser;
  /**
   * What `update` steps by, and so what state a row has; default Adagrad with learning rate 0.05.
   * "none": rows without any state, also of the weight: a copy that only serves.
   */
  readonly optimiser?: Optimiser | "none";
  /** What `update` steps weights by. */
  readonly linear?: LinearOptions;
  /** Default "f32". The others are for copies that only serve: they go with the optimiser "none". */
  readonly format?: VectorFormat;
  /**
   * Each row has the norm of its vector beside it, 4 bytes, by which `scanTop` passes over rows that can't be
   * among the best: the same result, and most vectors need not be read. Of the format "f32" alone; default false.
   */
  readonly norms?: boolean;
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
      /** float32 (dim,), decoded where the table keeps less. */
      readonly vector: Float32Array;
      /** The optimiser's, float32: (dim,) each, none to two of them. */
      readonly vectorState: readonly Float32Array[];
      /** Steps of Adam that the row took; 0 with another optimiser. */
      readonly stepCount: number;
      /** 0 where weights have no state. */
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
  /** Slots for ids, of both kinds. */
  readonly slotCount: number;
  /** Share of slots in use, 0 to 1. */
  readonly load: number;
  /** Removed rows that may be used again, and those that wait until readers have let go of them. */
  readonly freeRowCount: number;
  readonly waitingRowCount: number;
  readonly bucketBytes: number;
  readonly rowBytes: number;
  /** Kept for a snapshot that is being written: what changed since it began. */
  readonly snapshotPoolBytes: number;
  /** How often the table began to grow. */
  readonly growthCount: number;
  /** Since the table was made (and through snapshots): */
  readonly sightingTotal: number;
  readonly admittedTotal: number;
  readonly expiredTotal: number;
  readonly pendingExpiredTotal: number;
  readonly removedTotal: number;
  readonly evictedTotal: number;
  /** Insertions that displaced 0, 1, … 6, and 7 or more entries. */
  readonly displacements: readonly number[];
}
