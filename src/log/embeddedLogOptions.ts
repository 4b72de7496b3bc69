import { type Clock, FoldbackError, hourMs, systemClock } from "../core/index.ts";
import { nodeFiles, type StorageFiles } from "../storage/index.ts";
import { partitionCountMax } from "./batch.ts";
import { duplicateIdsMaxDefault } from "./duplicates.ts";

export interface EmbeddedLogOptions {
  /** Made if it is not there. One opener at a time. */
  readonly directory: string;
  /** 1 to 32,768; fixed when the log is made. Default 16. */
  readonly partitionCount?: number;
  /** A new segment begins where this would be passed; a single larger batch passes it. Default 128 MiB. */
  readonly segmentBytesMax?: number;
  readonly clock?: Clock;
  /** In log time, 1 ms to 30 days. Default 48 h. */
  readonly duplicateWindowMs?: number;
  /**
   * At most so many ids are remembered, at up to 40 bytes each; beyond, the oldest quarter is forgotten
   * early, which `stats().forgottenIdCount` counts. Default 6 million (229 MiB).
   */
  readonly duplicateIdsMax?: number;
  /** Events of all calls that wait for the disk; beyond, `append` is `OVERLOADED`. Default 262,144. */
  readonly queueEventsMax?: number;
  /** The file system; a test's own, for faults. */
  readonly files?: StorageFiles;
}

/** Fills in the defaults. @throws CONFIG_INVALID naming the setting that is out of range. */
export function checkOptions(options: EmbeddedLogOptions): Required<EmbeddedLogOptions> {
  const settings = {
    partitionCount: 16, // enough to spread over many machines' threads, few enough to list
    segmentBytesMax: 128 * 1024 * 1024, // scanned in 0.1 s at open
    clock: systemClock,
    duplicateWindowMs: 48 * hourMs,
    duplicateIdsMax: duplicateIdsMaxDefault,
    queueEventsMax: 262_144, // about a second of the fastest import
    files: nodeFiles,
    ...options,
  };
  check("partitionCount", settings.partitionCount, partitionCountMax);
  check("segmentBytesMax", settings.segmentBytesMax, Number.MAX_SAFE_INTEGER);
  check("duplicateWindowMs", settings.duplicateWindowMs, 30 * 24 * hourMs);
  check("duplicateIdsMax", settings.duplicateIdsMax, 400_000_000); // 16 GB; tables of at most 2^32 slots
  check("queueEventsMax", settings.queueEventsMax, 16_777_216);
  return settings;
}

function check(name: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  const message = `${name} is ${value}; allowed: whole numbers from 1 to ${max}`;
  throw new FoldbackError("CONFIG_INVALID", message, { details: { name, value } });
}
