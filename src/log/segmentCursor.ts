import { corrupt, type StorageFile, type StorageFiles } from "../storage/index.ts";
import { type BatchHeader, batchHeaderBytes, batchSizeBytes, checkBatch } from "./batch.ts";
import { decodeSegmentHeader, segmentBases, segmentHeaderBytes, segmentPath } from "./segment.ts";
import type { SegmentPlace } from "./segmentFile.ts";
import type { SegmentIndex } from "./segmentIndex.ts";
import type { DurableHead } from "./sharedHead.ts";

export interface CheckedBatch {
  /** Valid until the cursor is asked for the next batch. */
  readonly bytes: Buffer;
  readonly header: BatchHeader;
}

/** One read from the disk: 1 M records of 100 bytes take 400 of them, and 60 µs of thread pool each. */
const readBytes = 256 * 1024;
/**
 * So little is what came since the last look at the head. It was written a moment ago and is in the system's
 * memory: reading it at once takes microseconds, a trip through the thread pool as long as that is busy with syncs.
 */
const readAtOnceBytes = 32 * 1024;

/**
 * Goes through the batches of all segments in order, checking each, up to the durable head it is given.
 * Holds one open file and one buffer: 256 KiB, or the largest batch met.
 */
export class SegmentCursor {
  readonly #files: StorageFiles;
  readonly #directory: string;
  readonly #index: SegmentIndex;
  readonly #partitionCount: number;
  #nextOffset = 0;
  #file: StorageFile | undefined;
  #path = "";
  #segmentBase = -1;
  #buffer = Buffer.allocUnsafe(readBytes);
  /** What of the buffer is not yet taken, and where in the file its first byte is. */
  #start = 0;
  #end = 0;
  #startPosition = 0;

  constructor(options: SegmentPlace) {
    this.#files = options.files;
    this.#directory = options.directory;
    this.#index = options.index;
    this.#partitionCount = options.partitionCount;
  }

  /** The offset after the last batch that was taken. */
  get nextOffset(): number {
    return this.#nextOffset;
  }

  /** The byte of the segment that the next batch begins at. */
  get position(): number {
    return this.#startPosition;
  }

  /** Goes to the batch that holds `offset`, or to one not far before it. */
  seek(offset: number, head: DurableHead): void {
    // Not past the head's segment: the next one may be there already, with half a header.
    const base = segmentBases(this.#files.list(this.#directory)).findLast(
      (candidate, index) => index === 0 || candidate <= Math.min(offset, head.segmentBase),
    );
    if (base === undefined) throw corrupt(this.#directory, 0, "it holds no segments any more");
    this.#openSegment(base);
    const entry = this.#index.find(base, offset);
    this.#nextOffset = entry?.offset ?? base;
    this.#startPosition = entry?.position ?? segmentHeaderBytes(this.#partitionCount);
  }

  /** The next batch, if all of it is in memory already. */
  take(): CheckedBatch | undefined {
    if (this.#end - this.#start < batchHeaderBytes) return undefined;
    const unread = this.#buffer.subarray(this.#start, this.#end);
    const sizeBytes = batchSizeBytes(unread, 0);
    if (typeof sizeBytes === "number" && sizeBytes > unread.length) return undefined;
    const header = checkBatch(unread, 0);
    if ("problem" in header) throw corrupt(this.#path, this.#startPosition, header.problem);
    if (header.baseOffset !== this.#nextOffset) {
      const problem = `offset ${this.#nextOffset} should come here, but ${header.baseOffset} does`;
      throw corrupt(this.#path, this.#startPosition, problem);
    }
    this.#index.note(this.#segmentBase, header.baseOffset, this.#startPosition);
    this.#start += header.sizeBytes;
    this.#startPosition += header.sizeBytes;
    this.#nextOffset += header.recordCount;
    return { bytes: unread.subarray(0, header.sizeBytes), header };
  }

  /** Reads on, into the next segment if need be; then `take` again. False: at the head. */
  async readOn(head: DurableHead): Promise<boolean> {
    if (this.#nextOffset >= head.nextOffset) return false;
    if (this.#startPosition === this.#limit(head)) this.#openNextSegment();
    const restBytes = this.#limit(head) - this.#startPosition;
    const haveBytes = this.#end - this.#start;
    const wantedBytes = Math.min(restBytes, Math.max(readBytes, this.#statedBytes()));
    if (wantedBytes <= haveBytes) {
      throw corrupt(
        this.#path,
        this.#startPosition,
        `its last ${haveBytes} bytes are no whole batch`,
      );
    }
    this.#makeRoom(wantedBytes);
    const into = this.#buffer.subarray(haveBytes, wantedBytes);
    const file = this.#openFile();
    const position = this.#startPosition + haveBytes;
    const gotBytes =
      into.length <= readAtOnceBytes
        ? file.readSync(into, position)
        : await file.read(into, position);
    this.#end = haveBytes + gotBytes;
    if (gotBytes < into.length) {
      const endsAt = this.#startPosition + this.#end;
      throw corrupt(this.#path, endsAt, `it ends here, ${into.length - gotBytes} bytes early`);
    }
    return true;
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  /** How far this segment may be read: to the durable head, or, once sealed, to its end. */
  #limit(head: DurableHead): number {
    if (this.#segmentBase === head.segmentBase) return head.sizeBytes;
    return this.#openFile().sizeBytes();
  }

  /** The length of the batch that begins in memory; 0 where too little of it is there to know. */
  #statedBytes(): number {
    const unread = this.#buffer.subarray(this.#start, this.#end);
    if (unread.length < batchHeaderBytes) return 0;
    const sizeBytes = batchSizeBytes(unread, 0);
    return typeof sizeBytes === "number" ? sizeBytes : 0;
  }

  #makeRoom(wantedBytes: number): void {
    const unreadBytes = this.#end - this.#start;
    const buffer =
      this.#buffer.length < wantedBytes ? Buffer.allocUnsafe(wantedBytes) : this.#buffer;
    this.#buffer.copy(buffer, 0, this.#start, this.#end);
    this.#buffer = buffer;
    this.#start = 0;
    this.#end = unreadBytes;
  }

  #openNextSegment(): void {
    const base = this.#nextOffset;
    if (!segmentBases(this.#files.list(this.#directory)).includes(base)) {
      const problem = `records from offset ${base} on are missing, here and as a segment of their own`;
      throw corrupt(this.#path, this.#startPosition, problem);
    }
    this.#openSegment(base);
  }

  #openSegment(base: number): void {
    this.close();
    this.#path = segmentPath(this.#directory, base);
    this.#file = this.#files.open(this.#path, "read");
    this.#segmentBase = base;
    this.#start = 0;
    this.#end = 0;
    this.#startPosition = segmentHeaderBytes(this.#partitionCount);
    const header = Buffer.alloc(this.#startPosition);
    const gotBytes = this.#file.readSync(header, 0);
    const start = decodeSegmentHeader(header.subarray(0, gotBytes));
    if ("problem" in start) throw corrupt(this.#path, 0, start.problem);
    if (start.baseOffset !== base) {
      throw corrupt(this.#path, 16, `its name says offset ${base}, its header ${start.baseOffset}`);
    }
  }

  #openFile(): StorageFile {
    if (this.#file === undefined) throw corrupt(this.#directory, 0, "no segment is open");
    return this.#file;
  }
}
