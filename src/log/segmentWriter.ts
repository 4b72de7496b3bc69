import { FoldbackError } from "../core/index.ts";
import type { StorageFiles } from "../storage/index.ts";
import type { RecoveredLog } from "./recovery.ts";
import { type SegmentStart, segmentHeaderBytes } from "./segment.ts";
import { type ActiveSegment, createSegment } from "./segmentFile.ts";

/**
 * Adds batches to the active segment, each synced before the next is written, and begins a new segment
 * when one is full.
 *
 * What happens when the disk refuses:
 * - a write fails (full, I/O error), or a new segment can't be made: what it left is cut off or removed,
 *   and the next append may try again;
 * - the sync of a batch or of a new name fails, or cutting off does: nobody can know what is on the disk, and a second sync may report
 *   success over lost bytes. So nothing is written any more until the log is opened again, which
 *   checks and rewrites the tail.
 */
export class SegmentWriter {
  readonly #files: StorageFiles;
  readonly #directory: string;
  readonly #segmentBytesMax: number;
  #active: ActiveSegment;
  #sizeBytes: number;
  #sealedBytes: number;
  #segmentCount: number;
  #syncCount = 0;
  #failure: unknown;

  constructor(options: {
    files: StorageFiles;
    directory: string;
    segmentBytesMax: number;
    recovered: RecoveredLog;
  }) {
    this.#files = options.files;
    this.#directory = options.directory;
    this.#segmentBytesMax = options.segmentBytesMax;
    this.#active = options.recovered.active;
    this.#sizeBytes = options.recovered.active.sizeBytes;
    this.#sealedBytes = options.recovered.sealedBytes;
    this.#segmentCount = options.recovered.segmentCount;
  }

  get segmentBase(): number {
    return this.#active.baseOffset;
  }

  /** Durable bytes of the active segment. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get totalBytes(): number {
    return this.#sealedBytes + this.#sizeBytes;
  }

  get segmentCount(): number {
    return this.#segmentCount;
  }

  get syncCount(): number {
    return this.#syncCount;
  }

  /** Whether nobody knows what is on the disk since a write failed: until it is opened again nothing is taken. */
  get isStopped(): boolean {
    return this.#failure !== undefined;
  }

  /**
   * Makes the batch durable; returns at which byte of the active segment it begins.
   *
   * @param start the state before the batch, for the header of a new segment.
   * @throws LOG_UNAVAILABLE; the batch is then not in the log, or, after a failed sync, unknown.
   */
  async append(batch: Buffer, start: SegmentStart): Promise<number> {
    if (this.#failure !== undefined) throw this.#stopped();
    const isEmpty = this.#sizeBytes === segmentHeaderBytes(start.heads.length);
    if (!isEmpty && this.#sizeBytes + batch.length > this.#segmentBytesMax) await this.#roll(start);
    const position = this.#sizeBytes;
    const { file } = this.#active;
    try {
      await file.write(batch, position);
    } catch (error) {
      this.#cutBack();
      throw error;
    }
    try {
      await file.sync();
    } catch (error) {
      this.#failure = error;
      this.#cutBack(); // so that opening again has less to guess; it does not depend on it
      throw this.#stopped();
    }
    this.#syncCount++;
    this.#sizeBytes = position + batch.length;
    return position;
  }

  /**
   * Ends the active segment, so that nothing of it changes any more; an empty one stays.
   *
   * @param start as of `append`. @throws LOG_UNAVAILABLE.
   */
  async seal(start: SegmentStart): Promise<void> {
    if (this.#failure !== undefined) throw this.#stopped();
    if (this.#sizeBytes > segmentHeaderBytes(start.heads.length)) await this.#roll(start);
  }

  /** Sealed segments of so many bytes are gone. */
  noteRemoved(segmentCount: number, sizeBytes: number): void {
    this.#segmentCount -= segmentCount;
    this.#sealedBytes -= sizeBytes;
  }

  close(): void {
    this.#active.file.close();
  }

  async #roll(start: SegmentStart): Promise<void> {
    const next = await createSegment(this.#files, this.#directory, start);
    try {
      this.#files.syncDirectorySync(this.#directory);
    } catch (error) {
      next.file.close();
      this.#failure = error; // whether the new name is on the disk is not known any more
      throw this.#stopped();
    }
    this.#active.file.close();
    this.#active = next;
    this.#sealedBytes += this.#sizeBytes;
    this.#sizeBytes = next.sizeBytes;
    this.#segmentCount++;
    this.#syncCount++;
  }

  #cutBack(): void {
    try {
      this.#active.file.truncate(this.#sizeBytes);
    } catch (error) {
      this.#failure ??= error;
    }
  }

  #stopped(): FoldbackError {
    const message =
      `the log in ${this.#directory} takes no more events: after a failed write nobody can know what is ` +
      `on the disk. Nothing acknowledged is lost; check the disk and start again`;
    return new FoldbackError("LOG_UNAVAILABLE", message, { cause: this.#failure });
  }
}
