import { hourMs } from "../core/index.ts";
import type { Event, EventFile, LogRecord } from "../event/index.ts";

/** The records that an empty log would give these events, duplicates dropped as it drops them. */
export async function* recordsOf(
  file: EventFile,
  onRefused: (count: number) => void,
): AsyncGenerator<readonly LogRecord[]> {
  const keptAt = new Map<string, number>();
  let offset = 0;
  let logTime = 0;
  for await (const { events, refused } of file.batches()) {
    onRefused(refused.length);
    const records: LogRecord[] = [];
    for (const event of events) {
      logTime = Math.max(logTime, event.time);
      if (isDuplicate(event, logTime, keptAt)) continue;
      records.push({ partition: 0, offset: offset++, logTime, event });
    }
    yield records;
  }
}

const duplicateWindowMs = 48 * hourMs;

function isDuplicate(event: Event, logTime: number, keptAt: Map<string, number>): boolean {
  if (event.id === undefined) return false;
  const key = JSON.stringify([event.source ?? "", event.type, event.id]);
  const kept = keptAt.get(key);
  if (kept !== undefined && logTime - kept <= duplicateWindowMs) return true;
  keptAt.set(key, logTime);
  return false;
}
