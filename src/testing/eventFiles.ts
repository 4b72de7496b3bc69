import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Event, EventSource, Refusal } from "../event/index.ts";
import { temporaryDirectory } from "./temporaryDirectory.ts";

/** Writes files into a new directory that goes away with the test; gives its path. */
export function directoryOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const directory = temporaryDirectory();
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(directory, name), content);
  return directory;
}

export interface ReadSource {
  readonly events: Event[];
  /** Each with the last part of its file's path. */
  readonly refused: (Refusal & { readonly file: string })[];
  readonly leftOut: Record<string, number>;
  readonly bytesRead: number;
}

/** Everything that a source gives. */
export async function readSource(source: EventSource): Promise<ReadSource> {
  const events: Event[] = [];
  const refused: ReadSource["refused"] = [];
  const leftOut: Record<string, number> = {};
  let bytesRead = 0;
  for await (const batch of source.batches()) {
    events.push(...batch.events);
    const file = batch.name.slice(batch.name.lastIndexOf("/") + 1);
    refused.push(...batch.refused.map((refusal) => ({ ...refusal, file })));
    for (const [reason, count] of batch.leftOut ?? []) {
      leftOut[reason] = (leftOut[reason] ?? 0) + count;
    }
    bytesRead = batch.bytesRead;
  }
  return { events, refused, leftOut, bytesRead };
}
