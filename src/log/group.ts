import { assert } from "../core/index.ts";
import {
  batchHeaderBytes,
  checkBatch,
  fingerprintPosition,
  isVoid,
  recordHeaderBytes,
  recordPartition,
  recordPositions,
  recordTime,
  sealBatch,
  writeRecordTime,
  writeVoid,
} from "./batch.ts";
import type { EncodedCall } from "./callEncoder.ts";
import type { DuplicateWindow } from "./duplicates.ts";
import type { AppendResult } from "./log.ts";
import type { LogPosition } from "./recovery.ts";

export interface Group {
  /** Undefined where every event was a duplicate, or there was none. */
  readonly batch: Buffer | undefined;
  readonly recordCount: number;
  /** One per call, in order. */
  readonly results: readonly AppendResult[];
  /** Where the log stands once the batch is durable. */
  readonly after: LogPosition;
}

/**
 * Puts waiting calls together to one batch: drops duplicates, gives offsets and log times.
 *
 * Mutates `duplicates`; if the batch does not become durable, `forgetGroup` takes that back.
 *
 * @param keepsPlaces whether what is dropped takes up its offset all the same, as a void record.
 */
export function assembleGroup(
  calls: readonly EncodedCall[],
  before: LogPosition,
  options: { now: number; duplicates: DuplicateWindow; keepsPlaces: boolean },
): Group {
  const { now, duplicates, keepsPlaces } = options;
  const sizeBytesMax = calls.reduce((sum, call) => sum + call.bytes.length, batchHeaderBytes);
  const bytes = Buffer.allocUnsafe(sizeBytesMax);
  const heads = [...before.heads];
  const results: AppendResult[] = [];
  let position = batchHeaderBytes;
  let nextOffset = before.nextOffset;
  let lastLogTime = before.lastLogTime;
  let firstLogTime = 0;
  const placeVoid = (): void => {
    if (nextOffset === before.nextOffset) firstLogTime = lastLogTime;
    writeVoid(bytes, position);
    writeRecordTime(bytes, position, lastLogTime - firstLogTime);
    position += recordHeaderBytes;
    nextOffset++;
  };
  for (const call of calls) {
    const offsets: number[] = [];
    let duplicateCount = 0;
    for (let i = 0; i + 1 < call.starts.length; i++) {
      if (isVoid(call.bytes, call.starts[i])) {
        placeVoid();
        offsets.push(-1);
        continue;
      }
      const logTime = Math.max(lastLogTime, call.times === undefined ? now : call.times[i]);
      const fingerprintAt = fingerprintPosition(call.bytes, call.starts[i]);
      if (fingerprintAt !== -1 && !duplicates.add(call.bytes, fingerprintAt, logTime)) {
        if (keepsPlaces) placeVoid();
        offsets.push(-1);
        duplicateCount++;
        continue;
      }
      if (nextOffset === before.nextOffset) firstLogTime = logTime;
      call.bytes.copy(bytes, position, call.starts[i], call.starts[i + 1]);
      writeRecordTime(bytes, position, logTime - firstLogTime);
      heads[recordPartition(bytes, position)] = nextOffset + 1;
      position += call.starts[i + 1] - call.starts[i];
      lastLogTime = logTime;
      offsets.push(nextOffset++);
    }
    results.push({ offsets, duplicateCount });
  }
  const recordCount = nextOffset - before.nextOffset;
  if (recordCount === 0) return { batch: undefined, recordCount, results, after: before };
  const batch = bytes.subarray(0, position);
  sealBatch(batch, { recordCount, baseOffset: before.nextOffset, logTime: firstLogTime });
  return { batch, recordCount, results, after: { nextOffset, lastLogTime, heads } };
}

/** Forgets the ids of a batch that did not become durable, so that a retry is taken. */
export function forgetGroup(batch: Buffer, duplicates: DuplicateWindow): void {
  const header = checkBatch(batch, 0);
  assert(!("problem" in header), "a batch just made is a good one");
  for (const position of recordPositions(batch, header)) {
    const fingerprintAt = fingerprintPosition(batch, position);
    if (fingerprintAt === -1) continue;
    duplicates.remove(batch, fingerprintAt, recordTime(batch, position, header));
  }
}
