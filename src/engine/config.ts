import { FoldbackError } from "../core/index.ts";
import { defaultFeedbackRules, type FeedbackRules } from "../features/index.ts";

/** Every setting, with its value: what `defineConfig` makes of what a user gives. */
export interface Config {
  /** Where the log and the snapshots are. */
  readonly dataDirectory: string;
  readonly http: {
    readonly host: string;
    /** 0 takes any free one. */
    readonly port: number;
    /** Events in one request. */
    readonly batchEventsMax: number;
    readonly bodyBytesMax: number;
  };
  /** Event types of your own, besides the known ones. */
  readonly eventTypes: readonly string[];
  /** What each event type says, by type; your rules replace those of the same name. */
  readonly feedback: FeedbackRules;
  readonly log: {
    /** Fixed when the log is first opened. */
    readonly partitionCount: number;
    readonly segmentSizeBytes: number;
    /** Event ids remembered to drop duplicates; 24 bytes each. */
    readonly duplicateIdsMax: number;
  };
  readonly limits: {
    readonly itemsMax: number;
    readonly accountsMax: number;
    readonly itemsPerAccountMax: number;
  };
  readonly model: {
    /** `fm`: factorisation machine with vectors of `dim`; `logistic`: weights only. */
    readonly kind: "fm" | "logistic";
    /** A multiple of 4, from 4 to 128. */
    readonly dim: number;
    readonly learningRate: number;
    readonly l2: number;
    readonly signalLearningRate: number;
    readonly linear: { readonly alpha: number; readonly beta: number; readonly l1: number; readonly l2: number };
    /** An id has a row from its n-th event on. */
    readonly admitAfter: number;
    /** Seconds without an event after which an id's row is given up; 0 = never. */
    readonly ttlSeconds: number;
    readonly seed: number;
    /** Memory of the embedding tables at the most, in bytes; up to 4 GiB. */
    readonly sizeBytesMax: number;
  };
  readonly training: {
    readonly negativesPerPositive: number;
    readonly uniformShare: number;
    readonly expireEverySeconds: number;
    /** A snapshot after so many records … */
    readonly snapshotEveryRecords: number;
    /** … or so many seconds, whichever comes first, if there is anything new. */
    readonly snapshotEverySeconds: number;
    readonly snapshotsKept: number;
  };
}

type Partially<T> = { readonly [K in keyof T]?: T[K] extends readonly unknown[] ? T[K] : T[K] extends object ? Partially<T[K]> : T[K] };

/** What a config file may give: any part of `Config`; the rest has defaults. */
export type UserConfig = Partially<Omit<Config, "feedback">> & { readonly feedback?: FeedbackRules };

const mebibyte = 1_048_576;

export const defaultConfig: Config = {
  dataDirectory: "foldback-data",
  http: { host: "127.0.0.1", port: 7878, batchEventsMax: 5000, bodyBytesMax: 8 * mebibyte },
  eventTypes: [],
  feedback: defaultFeedbackRules,
  log: { partitionCount: 16, segmentSizeBytes: 64 * mebibyte, duplicateIdsMax: 8_000_000 },
  limits: { itemsMax: 1_000_000, accountsMax: 2_000_000, itemsPerAccountMax: 10_000 },
  model: {
    kind: "fm",
    dim: 16,
    learningRate: 0.1,
    l2: 0,
    signalLearningRate: 0.2,
    linear: { alpha: 0.05, beta: 0, l1: 0, l2: 0 },
    admitAfter: 1,
    ttlSeconds: 0,
    seed: 1,
    sizeBytesMax: 1024 * mebibyte,
  },
  training: {
    negativesPerPositive: 30,
    uniformShare: 0.3,
    expireEverySeconds: 3600,
    snapshotEveryRecords: 100_000,
    snapshotEverySeconds: 60,
    snapshotsKept: 3,
  },
};
void FoldbackError;
