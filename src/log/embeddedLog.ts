import { hash32 } from "../core/index.ts";
import { type Event, eventKey, type LogRecord, type Offset, type Offsets } from "../event/index.ts";
import type { DirectoryLock } from "../storage/index.ts";
import { batchBytesMax, batchHeaderBytes } from "./batch.ts";
import { type BlankRequest, type BlankResult, blankSegment } from "./blanking.ts";
import { CallEncoder, type EncodedCall } from "./callEncoder.ts";
import { DuplicateWindow } from "./duplicates.ts";
import { checkOptions, type EmbeddedLogOptions } from "./embeddedLogOptions.ts";
import { assembleGroup, forgetGroup } from "./group.ts";
import { KnownIds } from "./knownIds.ts";
import type { AppendOptions, AppendResult, EventLog, LogStats, ReadOptions } from "./log.ts";
import { SegmentReader } from "./logReader.ts";
import { type LogPosition, type RecoveredLog, recoverLog } from "./recovery.ts";
import { closed, overloaded, tooLarge } from "./refusals.ts";
import { segmentBases, segmentPath } from "./segment.ts";
import { type SegmentPlace, sizeOf } from "./segmentFile.ts";
import { SegmentIndex } from "./segmentIndex.ts";
import { SegmentWriter } from "./segmentWriter.ts";
import { SharedHead, type SharedLog } from "./sharedHead.ts";

/** The log of one process in one directory: segment files, group commit, one total order. */
export interface EmbeddedLog extends EventLog {
  /** What `attachLogReader` in another thread needs to read along; may be posted to a worker. */
  share(): SharedLog;
  stats(): LogStats;
  /**
   * Every record from `from` of its partition to below `until`, in order, as `readBatches` gives them: a part of the log, read
   * without what follows it.
   *
   * @param wants whether an event may be wanted, by its JSON as the log has it; the others are passed over undecoded.
   */
  readRange(
    from: Offsets,
    until: Offset,
    wants?: (payload: Buffer) => boolean,
  ): AsyncIterable<readonly LogRecord[]>;
  /**
   * The ids of all that the log ever took, those of blanked events too; of what is appended meanwhile, or later,
   * only what its `isNew` was asked about. 12 to 24 bytes an id, 0.3 µs a record.
   *
   * @param onRead told how many records were read so far.
   * @throws DATA_CORRUPT, LOG_UNAVAILABLE.
   */
  knownIds(onRead?: (records: number) => void): Promise<KnownIds>;
  /**
   * Takes the events of records that match out of the log for good, those of the active segment as well, which
   * is sealed for it; the records stay, with events of type `erased` (see `blanking.ts`). Without `needles`,
   * first segments in which nothing else is left are removed: who reads from before them must be past them.
   * One call at a time; a second waits for the first. Appends go on.
   *
   * @throws LOG_UNAVAILABLE, DATA_CORRUPT, CLOSED: what was done before stays done; a second call does the rest.
   */
  blank(request: BlankRequest): Promise<BlankResult>;
}

/**
 * Opens, or makes, the log in a directory.
 *
 * All partitions are in one stream of segments (see `segment.ts`), so offsets are one order over the
 * whole log, dense, and one sync makes everything durable that gathered while the sync before was
 * under way. Reading takes nothing from appending but the disk.
 *
 * Opening reads the last segment, and the segments of the last 48 h of log time for their ids.
 *
 * @throws DATA_LOCKED, DATA_CORRUPT, LOG_UNAVAILABLE, CONFIG_INVALID
 * @example
 * const log = await openEmbeddedLog({ directory: "data/log" });
 * await log.append([{ type: "like", time: Date.now(), account: "a1", item: "song-9" }]);
 * for await (const record of log.readAll(log.heads(), { follow: true })) console.log(record.offset);
 */
export async function openEmbeddedLog(options: EmbeddedLogOptions): Promise<EmbeddedLog> {
  return openSegmentLog(options);
}

/** The copy of a log that is elsewhere: the same files, filled by whoever reads it there. */
export interface ReplicaLog extends Omit<EmbeddedLog, "append"> {
  /** The offset up to which the other log has been taken: what to go on from, durable with the records. */
  readonly nextOffset: Offset;
  /** Takes what is there from `nextOffset` on. One call at a time. @throws as `append`. */
  take(call: EncodedCall): Promise<AppendResult>;
}

/**
 * Opens, or makes, a log whose offsets are another log's: what is void there, and what is a duplicate here, takes up
 * its offset and is shown to nobody.
 *
 * @param beginsAt the offset of its first record, where it is made.
 */
export async function openReplicaLog(
  options: EmbeddedLogOptions,
  beginsAt: Offset,
): Promise<ReplicaLog> {
  return openSegmentLog(options, beginsAt);
}

/** @param beginsAt of a copy of another log. */
async function openSegmentLog(options: EmbeddedLogOptions, beginsAt?: Offset): Promise<SegmentLog> {
  const settings = checkOptions(options);
  const { directory, files, partitionCount } = settings;
  files.makeDirectory(directory);
  const lock = await files.lock(directory);
  try {
    const index = new SegmentIndex();
    const duplicates = new DuplicateWindow({
      windowMs: settings.duplicateWindowMs,
      idCountMax: settings.duplicateIdsMax,
    });
    const place = { files, directory, partitionCount, index };
    const recovered = await recoverLog(place, duplicates, settings.duplicateWindowMs, beginsAt);
    const keepsPlaces = beginsAt !== undefined;
    return new SegmentLog({ settings, lock, index, duplicates, recovered, keepsPlaces });
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Calls are gathered into one batch up to this: a few milliseconds of disk, and little to hold. */
const groupBytesMax = 4 * 1024 * 1024;

interface WaitingCall {
  readonly call: EncodedCall;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

class SegmentLog implements EmbeddedLog, ReplicaLog {
  readonly partitionCount: number;
  readonly #keepsPlaces: boolean;
  readonly #settings: Required<EmbeddedLogOptions>;
  readonly #lock: DirectoryLock;
  readonly #index: SegmentIndex;
  readonly #duplicates: DuplicateWindow;
  readonly #writer: SegmentWriter;
  readonly #reader: SegmentReader;
  readonly #encoder: CallEncoder;
  readonly #head: SharedHead;
  readonly #place: SegmentPlace;
  #firstOffset: number;
  #position: LogPosition;
  #waiting: WaitingCall[] = [];
  #waitingEventCount = 0;
  #flushing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #blanking: Promise<unknown> = Promise.resolve();
  #duplicateCount = 0;
  #groupRecordCountMax = 0;

  constructor(parts: {
    settings: Required<EmbeddedLogOptions>;
    lock: DirectoryLock;
    index: SegmentIndex;
    duplicates: DuplicateWindow;
    recovered: RecoveredLog;
    keepsPlaces: boolean;
  }) {
    const { settings, recovered, index } = parts;
    const { files, directory, partitionCount, segmentBytesMax } = settings;
    this.partitionCount = partitionCount;
    this.#settings = settings;
    this.#keepsPlaces = parts.keepsPlaces;
    this.#lock = parts.lock;
    this.#index = index;
    this.#duplicates = parts.duplicates;
    this.#writer = new SegmentWriter({ files, directory, segmentBytesMax, recovered });
    this.#head = SharedHead.ofPartitions(partitionCount);
    const place = { files, directory, partitionCount, index };
    this.#place = place;
    this.#reader = new SegmentReader(place, this.#head);
    this.#encoder = new CallEncoder((event) => this.partitionOf(eventKey(event)));
    this.#firstOffset = recovered.firstOffset;
    this.#position = recovered.position;
    this.#publish();
  }

  partitionOf(key: string): number {
    return hash32(key) % this.partitionCount;
  }

  async append(events: readonly Event[], options: AppendOptions = {}): Promise<AppendResult> {
    if (this.#closing !== undefined) throw closed();
    const { queueEventsMax } = this.#settings;
    if (events.length > queueEventsMax) throw tooLarge(`${events.length} events`, queueEventsMax);
    if (this.#waitingEventCount + events.length > queueEventsMax) {
      throw overloaded(this.#waitingEventCount, queueEventsMax);
    }
    return this.#commitNext(this.#encoder.encode(events, options.timeOfEvents ?? false));
  }

  get nextOffset(): Offset {
    return this.#position.nextOffset;
  }

  async take(call: EncodedCall): Promise<AppendResult> {
    if (this.#closing !== undefined) throw closed();
    return this.#commitNext(call);
  }

  #commitNext(call: EncodedCall): Promise<AppendResult> {
    const bytesMax = batchBytesMax - batchHeaderBytes;
    if (call.bytes.length > bytesMax) throw tooLarge(`${call.bytes.length} bytes`, bytesMax);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, resolve, reject });
      this.#waitingEventCount += call.starts.length - 1;
      this.#flushing ??= this.#flush();
    });
  }

  heads(): Offsets {
    return this.#reader.heads();
  }

  read(partition: number, from: Offset, options?: ReadOptions): AsyncIterable<LogRecord> {
    return this.#reader.read(partition, from, options);
  }

  readAll(from: Offsets, options?: ReadOptions): AsyncIterable<LogRecord> {
    return this.#reader.readAll(from, options);
  }

  readBatches(from: Offsets, options?: ReadOptions): AsyncIterable<readonly LogRecord[]> {
    return this.#reader.readBatches(from, options);
  }

  readRange(
    from: Offsets,
    until: Offset,
    wants?: (payload: Buffer) => boolean,
  ): AsyncIterable<readonly LogRecord[]> {
    return this.#reader.readBatches(from, { until, ...(wants && { wants }) });
  }

  share(): SharedLog {
    const { directory } = this.#settings;
    return { directory, partitionCount: this.partitionCount, head: this.#head.buffer };
  }

  stats(): LogStats {
    return {
      recordCount: this.#position.nextOffset - this.#firstOffset,
      firstOffset: this.#firstOffset,
      newestLogTime: this.#position.lastLogTime,
      sizeBytes: this.#writer.totalBytes,
      segmentCount: this.#writer.segmentCount,
      duplicateCount: this.#duplicateCount,
      syncCount: this.#writer.syncCount,
      queuedEventCount: this.#waitingEventCount,
      groupRecordCountMax: this.#groupRecordCountMax,
      isStopped: this.#writer.isStopped,
      rememberedIdCount: this.#duplicates.idCount,
      forgottenIdCount: this.#duplicates.forgottenCount,
    };
  }

  knownIds(onRead: (records: number) => void = () => {}): Promise<KnownIds> {
    return KnownIds.read(this.#place, this.#head.load(), onRead);
  }

  async blank(request: BlankRequest): Promise<BlankResult> {
    const result = this.#blanking.then(() => this.#blank(request));
    this.#blanking = result.catch(() => undefined);
    return result;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#blanking;
    await this.#flushing;
    this.#writer.close();
    this.#head.close();
    this.#lock.release();
  }

  async #blank(request: BlankRequest): Promise<BlankResult> {
    await this.#seal();
    const { files, directory } = this.#place;
    const bases = segmentBases(files.list(directory)).filter((it) => it < this.#writer.segmentBase);
    let recordCount = 0;
    let segmentCount = 0;
    let removable = 0;
    for (const [i, base] of bases.entries()) {
      if (this.#closing !== undefined) throw closed();
      if (request.wants?.(base) === false) continue;
      const blanked = await blankSegment(this.#place, base, request);
      recordCount += blanked.recordCount;
      if (blanked.recordCount > 0) segmentCount++;
      if (blanked.isAllBlank && removable === i) removable++;
    }
    await this.#removeFirst(bases.slice(0, removable));
    return { recordCount, segmentCount };
  }

  /** Oldest first: should it end half way, what is left begins later, and has no hole. */
  async #removeFirst(bases: readonly number[]): Promise<void> {
    const { files, directory } = this.#place;
    for (const base of bases) {
      const sizeBytes = sizeOf(this.#place, [base]);
      await files.remove(segmentPath(directory, base));
      await files.syncDirectory(directory);
      this.#writer.noteRemoved(1, sizeBytes);
      [this.#firstOffset] = segmentBases(files.list(directory));
    }
  }

  /** Between two groups; those that come meanwhile wait for it. */
  async #seal(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
    if (this.#closing !== undefined) throw closed();
    const start = { ...this.#position, baseOffset: this.#position.nextOffset };
    const sealing = this.#writer.seal(start).then(() => this.#publish());
    this.#flushing = sealing.catch(() => undefined).then(() => this.#flush());
    await sealing;
  }

  /** Writes group after group until nothing waits. What comes while one is under way is the next. */
  async #flush(): Promise<void> {
    await Promise.resolve(); // the calls of one turn of the event loop go together
    while (this.#waiting.length > 0) await this.#commit(this.#takeGroup());
    this.#flushing = undefined;
  }

  #takeGroup(): WaitingCall[] {
    let count = 0;
    let sizeBytes = 0;
    for (const { call } of this.#waiting) {
      sizeBytes += call.bytes.length;
      if (count > 0 && sizeBytes > groupBytesMax) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #commit(waiting: readonly WaitingCall[]): Promise<void> {
    const calls = waiting.map(({ call }) => call);
    const before = this.#position;
    const now = Math.floor(this.#settings.clock.now());
    const group = assembleGroup(calls, before, {
      now,
      duplicates: this.#duplicates,
      keepsPlaces: this.#keepsPlaces,
    });
    try {
      if (group.batch !== undefined) {
        const start = { ...before, baseOffset: before.nextOffset };
        const position = await this.#writer.append(group.batch, start);
        this.#position = group.after;
        this.#duplicates.expire(group.after.lastLogTime);
        this.#index.note(this.#writer.segmentBase, before.nextOffset, position);
        this.#publish();
      }
    } catch (error) {
      if (group.batch !== undefined) forgetGroup(group.batch, this.#duplicates);
      for (const { reject } of waiting) reject(error);
      return;
    } finally {
      for (const call of calls) this.#waitingEventCount -= call.starts.length - 1;
    }
    this.#groupRecordCountMax = Math.max(this.#groupRecordCountMax, group.recordCount);
    waiting.forEach(({ resolve }, i) => {
      this.#duplicateCount += group.results[i].duplicateCount;
      resolve(group.results[i]);
    });
  }

  #publish(): void {
    this.#head.publish({
      nextOffset: this.#position.nextOffset,
      segmentBase: this.#writer.segmentBase,
      sizeBytes: this.#writer.sizeBytes,
      heads: this.#position.heads,
    });
  }
}
