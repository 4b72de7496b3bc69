/** What `Foldback` takes and gives. */
import type { Clock, Stages } from "../core/index.ts";
import type { SharedArena } from "../embedding/index.ts";
import type { Refusal, Unmapped } from "../event/index.ts";
import type { KafkaNotice } from "../log/index.ts";
import type { SharedRankingModel } from "../model/index.ts";
import type { MissingItem, RecommendedItem, RequestMoment } from "../recommend/index.ts";
import type { Alarm, HealthReport } from "../train/index.ts";
import type { RuleTexts } from "./rules.ts";

export interface OpenOptions {
  readonly clock?: Clock;
  /** Told of what an operator should know. It may not throw. */
  readonly onNotice?: (notice: Notice) => void;
}

export type Notice =
  /** A snapshot is damaged, or made under other settings: an older one is used, or none. */
  | { readonly kind: "snapshotRefused"; readonly path: string; readonly reason: string }
  /** For that reason, records `from` to `to` of the log are learned again. */
  | { readonly kind: "rebuilding"; readonly from: number; readonly to: number }
  /**
   * Training stood still for `stallMs` while the state of one moment was saved, then for at most
   * `longestTurnMs` at once while that was written.
   */
  | {
      readonly kind: "snapshotSaved";
      readonly offset: number;
      readonly stallMs: number;
      readonly longestTurnMs: number;
    }
  /** Nothing is lost, but the next start takes longer; it is tried again when the next one is due. */
  | { readonly kind: "snapshotFailed"; readonly offset: number; readonly reason: string }
  /** What an earlier process began could not be ended; it is tried again at the next open. */
  | { readonly kind: "erasureFailed"; readonly reason: string }
  /** Of the topic that the log is in: a record that is no event, or brokers that went and came back. */
  | { readonly kind: "kafka"; readonly about: KafkaNotice["kind"]; readonly message: string }
  /** Events went that were older than their type may become; or could not, which is tried again. */
  | { readonly kind: "retained"; readonly events: number }
  | { readonly kind: "retentionFailed"; readonly reason: string }
  /**
   * Something is wrong with what is learned: `kind` is `drift`, `overfitting`, `calibration` or `notFinite`. It
   * comes again when the records that it came from are learned again after a restart.
   */
  | Alarm;

export interface IngestResult {
  /** Events that are on disk now. */
  readonly accepted: number;
  /** Events dropped because the same (source, type, id) came within 48 h. */
  readonly duplicates: number;
  /** Events that break the schema: their places in the batch, and why. The others were taken. */
  readonly refused: readonly Refusal[];
}

/** A type of event that is taken. */
export interface EventType {
  readonly type: string;
  /** Fields that it needs beside `type` and `time`, dotted for what is inside; of each list one is enough. */
  readonly needed: readonly (readonly string[])[];
}

/** What `erase` has done. */
export interface ErasureReport {
  readonly accounts: number;
  /** That the log has lost. */
  readonly events: number;
  readonly seconds: number;
}

/** How often something in Segment's messages was told that no event says. */
export interface UnmappedCount extends Unmapped {
  readonly count: number;
}

export interface SegmentResult extends IngestResult {
  /** By kind and name; the refused are those of messages, by their places in the batch. */
  readonly unmapped: readonly UnmappedCount[];
}

export interface RecommendCall {
  /** An account or anonymous session; one that never did anything is welcome. */
  readonly account: string;
  /** How many items at most; 1 to 500. */
  readonly count: number;
  readonly moment?: RequestMoment;
  readonly rules?: RuleTexts;
  /**
   * Whether it is made as the account's variants of the experiments that run have it, without being logged, so that it counts for
   * nothing. Default false; `serve` always does it.
   */
  readonly experiments?: boolean;
  /** Whether each item says why it is there. */
  readonly explain?: boolean;
  /** Items of which the reply says why they are not in the list; up to 100. */
  readonly missing?: readonly string[];
  /** Told of what it takes its time for. */
  readonly stages?: Stages | undefined;
}

export interface BoardCall {
  /** How many items at most; 1 to 500. */
  readonly count: number;
  readonly rules?: Pick<RuleTexts, "filter" | "categories" | "exclude">;
}

export interface ResponsesCall {
  readonly account: string;
  /** The list as it would be shown, from its first place on; 1 to 500. */
  readonly items: readonly string[];
  readonly moment?: RequestMoment;
}

/** What was recommended, and what its impressions and actions should name as their `request`. */
export interface ServedList {
  readonly request: string;
  /** By experiment that runs, the variant that it was made by; not there while none runs. */
  readonly variants?: Readonly<Record<string, string>>;
  readonly items: RecommendedItem[];
  readonly missing: readonly MissingItem[];
}

/** The model in shared memory, and how far its training is. */
export interface SharedModel {
  /** For `Arena.attach`. */
  readonly arena: SharedArena;
  /** For `RankingModel.attach`. */
  readonly model: SharedRankingModel;
  /** For `Progress`. */
  readonly progress: SharedArrayBuffer;
}

export interface Status {
  /**
   * Whether everything that was in the log when the engine was opened has been learned from; false
   * again once the engine is closing, or has failed.
   */
  readonly ready: boolean;
  /** Whether the log takes nothing any more, after a failed write, until the engine is opened again. */
  readonly readOnly: boolean;
  /** Records in the log. */
  readonly records: number;
  /** Records that serving has not applied yet, and that training has not learned from yet. */
  readonly servingLag: number;
  readonly trainingLag: number;
  /** By how much log time what training has learned is older than the newest record, in milliseconds. */
  readonly trainingLagMs: number;
  /** Examples learned from, sampled ones included. */
  readonly examples: number;
  /** Items and accounts that somebody did something with, and that did something. */
  readonly items: number;
  readonly accounts: number;
  /** Lists that were served since the engine was opened, and could not be logged. */
  readonly servedLost: number;
  /** Offset that training went on from when the engine was opened; 0: from the beginning. */
  readonly restoredFrom: number;
  /** Events that came since the engine was opened, as `IngestResult` counts them. */
  readonly ingested: {
    readonly accepted: number;
    readonly duplicates: number;
    readonly refused: number;
  };
  /** What Segment's messages told since then that no event says; beyond 100 names, the rest together. */
  readonly unmapped: readonly UnmappedCount[];
  readonly snapshots: SnapshotStatus;
  readonly health: HealthStatus;
}

/** What moves from second to second, beside the status. */
export interface LiveReport {
  /** Events accepted a second, over the last ten seconds. */
  readonly eventsPerSecond: number;
  /** Of the ranking model, as they are in the memory that training writes. */
  readonly tables: readonly TableOccupancy[];
  readonly memory: { readonly usedBytes: number; readonly sizeBytesMax: number };
}

export interface TableOccupancy {
  readonly table: string;
  /** With a row, and too seldom seen to have one. */
  readonly ids: number;
  readonly pending: number;
  /** Of both, given up since the table was made. */
  readonly expired: number;
  readonly pendingExpired: number;
  /** Share of the places for ids in use. */
  readonly load: number;
  /** Of buckets and rows. */
  readonly sizeBytes: number;
}

/** Of this run. */
export interface SnapshotStatus {
  readonly saved: number;
  readonly failed: number;
  /** Of the latest that was saved, as `snapshotSaved` has it; not there before the first. */
  readonly stallMs?: number;
  readonly longestTurnMs?: number;
}

/** How training fares, as of a quarter of a second ago. */
export interface HealthStatus extends HealthReport {
  /** Examples learned from a second, over the last ten seconds. */
  readonly examplesPerSecond: number;
}
