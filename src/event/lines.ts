import { readChunks } from "./chunks.ts";
import { type FileSource, maxBatchEvents, maxLineBytes } from "./eventFile.ts";
import type { Refusal } from "./refusal.ts";

export interface LineBlock {
  /** Number of the first line, from 1. */
  readonly firstLine: number;
  /** Without their line ends; undefined for a line longer than `maxLineBytes`. At most `maxBatchEvents`. */
  readonly lines: readonly (string | undefined)[];
  /** How much of the source was read to get here. */
  readonly bytesRead: number;
}

const newline = 0x0a;

/**
 * Cuts UTF-8 bytes into lines that end with `\n` or `\r\n`; the last may have no end. A byte order mark
 * is dropped, bytes that are no UTF-8 become U+FFFD. Holds at most one chunk and `maxLineBytes`.
 */
export async function* readLines(source: FileSource): AsyncGenerator<LineBlock> {
  let firstLine = 1;
  let bytesRead = 0;
  // The beginning of a line whose end has not come yet; beyond the limit only its size is kept.
  let carried: Buffer[] = [];
  let carriedBytes = 0;

  const take = function* (bytes: Buffer | undefined): Generator<LineBlock> {
    const lines = bytes === undefined ? [undefined] : cutLines(bytes, firstLine === 1);
    for (let at = 0; at < lines.length; at += maxBatchEvents) {
      const block = lines.slice(at, at + maxBatchEvents);
      yield { firstLine, lines: block, bytesRead };
      firstLine += block.length;
    }
  };

  for await (const chunk of readChunks(source)) {
    bytesRead += chunk.length;
    let from = 0;
    const last = chunk.lastIndexOf(newline);
    if (last >= 0 && carriedBytes > 0) {
      const first = chunk.indexOf(newline);
      if (carriedBytes + first > maxLineBytes) {
        yield* take(undefined);
      } else {
        yield* take(Buffer.concat([...carried, chunk.subarray(0, first)]));
      }
      from = first + 1;
      carried = [];
      carriedBytes = 0;
    }
    if (last >= from) yield* take(chunk.subarray(from, last));
    const rest = chunk.subarray(Math.max(from, last + 1));
    if (rest.length === 0) continue;
    carriedBytes += rest.length;
    if (carriedBytes <= maxLineBytes) carried.push(rest);
    else carried = [];
  }
  if (carriedBytes > maxLineBytes) yield* take(undefined);
  else if (carriedBytes > 0) yield* take(Buffer.concat(carried));
}

/** @param bytes whole lines, without the end of the last. */
function cutLines(bytes: Buffer, isStart: boolean): (string | undefined)[] {
  let text = bytes.toString("utf8");
  if (isStart && text.charCodeAt(0) === 0xfeff) text = text.slice(1);
  const lines: (string | undefined)[] = text.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string; // not yet replaced
    // A character takes at most 3 bytes a unit, so most lines need no counting.
    if (line.length * 3 > maxLineBytes && Buffer.byteLength(line) > maxLineBytes)
      lines[i] = undefined;
    else if (line.endsWith("\r")) lines[i] = line.slice(0, -1);
  }
  return lines;
}

/** The refusal of a line that was too long to keep. */
export function refuseLength(index: number): Refusal {
  const came = `more than ${maxLineBytes} bytes`;
  return { index, field: "line", came, allowed: `at most ${maxLineBytes} bytes` };
}
