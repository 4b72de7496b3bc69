/**
 * Taking events out of the log for good: of records that match, the event is overwritten by one that says
 * nothing, of type `erased`, in a new file that takes the place of the old in one step.
 *
 * ```
 * {"type":"like","time":1700000000000,"account":"a1","item":"song-9"}
 * {"type":"erased","time":0}                                           spaces to the same length
 * ```
 *
 * Lengths, offsets, log times and fingerprints stay: so positions that anybody has noted stay true, a reader
 * in the middle of the old file may finish it, and an event that is sent again is still a duplicate. Only
 * sealed segments are touched; a crash leaves the old file or the new one.
 */
import { setImmediate } from "node:timers/promises";
import { assert } from "../core/index.ts";
import { decodeEvent, encodeEvent, type LogRecord } from "../event/index.ts";
import { corrupt } from "../storage/index.ts";
import {
  checkBatch,
  isVoid,
  payloadOf,
  recordPartition,
  recordPositions,
  recordTime,
  sealBatch,
} from "./batch.ts";
import { segmentHeaderBytes, segmentPath } from "./segment.ts";
import type { SegmentPlace } from "./segmentFile.ts";

export interface BlankRequest {
  /** Whether a record loses its event. Not asked of one that has lost it. */
  readonly matches: (record: LogRecord) => boolean;
  /** Texts one of which is in every event that matches, as JSON: what has none of them is not decoded. */
  readonly needles?: readonly string[];
  /** Whether the segment with this base is to be looked at, asked in order; default: each is. */
  readonly wants?: (base: number) => boolean;
}

export interface BlankResult {
  /** Records that have lost their events by this call. */
  readonly recordCount: number;
  /** Segments that were written anew. */
  readonly segmentCount: number;
}

/** Of one segment. */
export interface SegmentBlanked {
  readonly recordCount: number;
  /** Whether nothing but blank records is left; false where it was not looked at each. */
  readonly isAllBlank: boolean;
}

/** Of a segment's copy, until it gets its name. */
export const temporarySuffix = ".tmp";

const blank = encodeEvent({ type: "erased", time: 0 });
/** Decoding a record takes 2 µs, looking for a text in its bytes a fifth of one. */
const needlesMax = 8;
/** The thread is taken for so long at once. */
const turnMs = 4;

/**
 * Blanks what matches in one sealed segment. O(its bytes); holds it in memory.
 *
 * @throws FoldbackError DATA_CORRUPT, LOG_UNAVAILABLE: then it is as it was.
 */
export async function blankSegment(
  place: SegmentPlace,
  base: number,
  request: BlankRequest,
): Promise<SegmentBlanked> {
  const path = segmentPath(place.directory, base);
  const bytes = await readWhole(place, path);
  const needles = needlesOf(request);
  const mayMatch = (part: Buffer): boolean =>
    needles?.some((needle) => part.includes(needle)) ?? true;
  if (!mayMatch(bytes)) return { recordCount: 0, isAllBlank: false };
  let recordCount = 0;
  let isAllBlank = request.needles === undefined;
  let turnBeganMs = performance.now();
  for (let at = segmentHeaderBytes(place.partitionCount); at < bytes.length; ) {
    const header = checkBatch(bytes, at);
    if ("problem" in header) throw corrupt(path, at, header.problem);
    const batch = bytes.subarray(at, at + header.sizeBytes);
    let offset = header.baseOffset;
    let blanked = 0;
    for (const position of recordPositions(batch, header)) {
      const payload = payloadOf(batch, position);
      if (!isVoid(batch, position) && mayMatch(payload)) {
        const event = decodeEvent(payload.toString());
        const partition = recordPartition(batch, position);
        const record = { partition, offset, logTime: recordTime(batch, position, header), event };
        const isBlank = event.type === "erased";
        if (!isBlank && request.matches(record)) {
          assert(payload.length >= blank.length, "no event is shorter than a blank one");
          payload.fill(" ").write(blank);
          blanked++;
        } else if (!isBlank) isAllBlank = false;
      }
      offset++;
    }
    if (blanked > 0) sealBatch(batch, header);
    recordCount += blanked;
    at += header.sizeBytes;
    if (performance.now() - turnBeganMs < turnMs) continue;
    await setImmediate();
    turnBeganMs = performance.now();
  }
  if (recordCount > 0) await replace(place, path, bytes);
  return { recordCount, isAllBlank };
}

/** Undefined where decoding every record costs less than looking for each of so many. */
function needlesOf({ needles }: BlankRequest): Buffer[] | undefined {
  if (needles === undefined || needles.length > needlesMax) return undefined;
  return needles.map((text) => Buffer.from(JSON.stringify(text)));
}

async function readWhole({ files }: SegmentPlace, path: string): Promise<Buffer> {
  const file = files.open(path, "read");
  try {
    const bytes = Buffer.allocUnsafe(file.sizeBytes());
    const gotBytes = await file.read(bytes, 0);
    if (gotBytes < bytes.length) throw corrupt(path, gotBytes, "it ends early");
    return bytes;
  } finally {
    file.close();
  }
}

async function replace(
  { files, directory }: SegmentPlace,
  path: string,
  bytes: Buffer,
): Promise<void> {
  const temporaryPath = path + temporarySuffix;
  const file = files.create(temporaryPath);
  try {
    await file.write(bytes, 0);
    await file.sync();
    file.close();
    files.rename(temporaryPath, path);
  } catch (error) {
    file.close();
    files.removeSync(temporaryPath);
    throw error;
  }
  await files.syncDirectory(directory);
}
