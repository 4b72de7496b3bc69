import { type FoldbackClient, FoldbackClientError, type IngestResult } from "foldback/client";
import { type Format, formatOf, formats, type Part, partsOf, recordsOf } from "./fileRecords.ts";

export interface RefusedLine {
  readonly line: number;
  readonly field: string;
  readonly came: string;
  readonly allowed: string;
}

export interface Progress {
  readonly format: Format;
  /** Of the file. */
  readonly sizeBytes: number;
  readonly readBytes: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly refused: number;
  /** The first of them. */
  readonly refusedLines: readonly RefusedLine[];
  /** The line from which on nothing was sent; undefined before the first. */
  readonly nextLine: number | undefined;
}

const refusedLinesMax = 20;
const beginningBytes = 4096;
/** The service may be busy with what came before: it is waited for as long as a restart of it takes. */
const patience = { attemptsMax: 20, totalMsMax: 120_000, timeoutMs: 60_000 };

/**
 * Sends the events of a file in its order, a part at a time, and tells how far it is after each.
 *
 * A part is sent again only where the service turned it away untaken. Where it fails otherwise, what was told last is on disk, and of the part
 * that follows it is not known.
 *
 * @throws FoldbackClientError; Error where it is no file of events; the signal's reason.
 */
export async function sendFile(
  client: FoldbackClient,
  file: File,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Progress> {
  const format = formatOf(file.name, await file.slice(0, beginningBytes).text());
  let readBytes = 0;
  const counted = file.stream().pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        readBytes += chunk.length;
        controller.enqueue(chunk);
      },
    }),
  );
  let progress: Progress = {
    format,
    sizeBytes: file.size,
    readBytes,
    accepted: 0,
    duplicates: 0,
    refused: 0,
    refusedLines: [],
    nextLine: undefined,
  };
  onProgress(progress);
  const records = recordsOf(counted, format);
  let header = "";
  if (format === "csv") {
    const first = await records.next();
    if (first.done !== true) header = `${first.value.text}\n`;
  }
  for await (const part of partsOf(records)) {
    signal.throwIfAborted();
    progress = { ...progress, nextLine: part.lines[0] };
    for await (const [sent, result] of taken(client, part, { format, header, signal })) {
      progress = added({ ...progress, readBytes }, sent, result);
    }
    onProgress(progress);
  }
  return { ...progress, readBytes: file.size };
}

interface Way {
  readonly format: Format;
  readonly header: string;
  readonly signal: AbortSignal;
}

/** What becomes of a part; in halves where the service takes no batch so large. */
async function* taken(
  client: FoldbackClient,
  part: Part,
  way: Way,
): AsyncGenerator<readonly [Part, IngestResult]> {
  const { format, header, signal } = way;
  const { mediaType } = formats[format];
  try {
    const body = `${header}${part.records.join("\n")}\n`;
    yield [part, await client.ingestText(body, mediaType, { ...patience, signal })];
  } catch (error) {
    const isTooLarge = error instanceof FoldbackClientError && error.code === "BATCH_TOO_LARGE";
    if (!isTooLarge || part.records.length < 2) throw error;
    const middle = part.records.length >> 1;
    for (const [from, to] of [
      [0, middle],
      [middle, part.records.length],
    ]) {
      const half = { records: part.records.slice(from, to), lines: part.lines.slice(from, to) };
      yield* taken(client, half, way);
    }
  }
}

function added(progress: Progress, { lines }: Part, result: IngestResult): Progress {
  const refused = result.refused.map(({ index, ...rest }) => ({ ...rest, line: lines[index] }));
  return {
    ...progress,
    accepted: progress.accepted + result.accepted,
    duplicates: progress.duplicates + result.duplicates,
    refused: progress.refused + refused.length,
    refusedLines: [...progress.refusedLines, ...refused].slice(0, refusedLinesMax),
    nextLine: lines[lines.length - 1] + 1,
  };
}
