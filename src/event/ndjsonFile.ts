import type { Event } from "./event.ts";
import { type EventBatch, type EventFileOptions, type FileSource, nameOf } from "./eventFile.ts";
import { readLines, refuseLength } from "./lines.ts";
import { type ParseOptions, parseEvent } from "./parseEvent.ts";
import { type Refusal, renderValue } from "./refusal.ts";

/**
 * Reads one event a line, each as its sender would write it. Blank lines are skipped; a line that is
 * no JSON or longer than 1 MiB is refused like a bad event.
 */
export async function* readNdjson(
  source: FileSource,
  options: EventFileOptions,
): AsyncGenerator<EventBatch> {
  const name = nameOf(source);
  for await (const { firstLine, lines, bytesRead } of readLines(source)) {
    const parseOptions: ParseOptions = { ...options, now: options.clock.now() };
    const events: Event[] = [];
    const rows: number[] = [];
    const refused: Refusal[] = [];
    for (let i = 0; i < lines.length; i++) {
      takeLine(lines[i], firstLine + i, parseOptions, { events, rows, refused });
    }
    yield { events, rows, refused, name, bytesRead };
  }
}

function takeLine(
  line: string | undefined,
  index: number,
  options: ParseOptions,
  { events, rows, refused }: { events: Event[]; rows: number[]; refused: Refusal[] },
): void {
  if (line === undefined) {
    refused.push(refuseLength(index));
    return;
  }
  if (line.trim() === "") return;
  let input: unknown;
  try {
    input = JSON.parse(line);
  } catch {
    // What JSON.parse says names positions in a line that the sender sees whole: the line says more.
    refused.push({
      index,
      field: "line",
      came: renderValue(line),
      allowed: "one JSON object a line",
    });
    return;
  }
  const parsed = parseEvent(input, options, index);
  if (parsed.ok) {
    events.push(parsed.event);
    rows.push(index);
  } else refused.push(parsed.refusal);
}
