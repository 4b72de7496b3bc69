/** What ingest and import say: while they run, and at the end. */
import type { ImportResult, ReasonCount } from "../engine/index.ts";
import { formatCount, formatSeconds, ProgressLine, print } from "./output.ts";

interface Progress {
  readonly events: number;
  readonly bytesRead: number;
  readonly sizeBytes: number | undefined;
}

/** Runs an import with a line that tells how far it is. */
export async function withImportLine<T>(
  name: string,
  isShown: boolean,
  run: (on: {
    readonly onProgress: (progress: Progress) => void;
    readonly onLook: (records: number) => void;
  }) => Promise<T>,
): Promise<T> {
  const line = new ProgressLine(isShown);
  try {
    return await run({
      onProgress: ({ events, bytesRead, sizeBytes }) =>
        line.show(() => {
          // A file that is sorted first is read before the first event is taken.
          const isTold = sizeBytes !== undefined && bytesRead < sizeBytes;
          const share = isTold ? ` (${Math.floor((bytesRead / sizeBytes) * 100)} %)` : "";
          return `${name}: ${formatCount(events)} events${share}`;
        }),
      onLook: (records) =>
        line.show(() => `looking for what is there already: ${formatCount(records)} records`),
    });
  } finally {
    line.clear();
  }
}

export function printImport(name: string, result: ImportResult): void {
  const { accepted, duplicates, refusedCount, refused, leftOut, seconds } = result;
  print(
    `${name}: ${formatCount(accepted)} events taken, ${formatCount(duplicates)} duplicates dropped, ` +
      `${formatCount(refusedCount)} refused, in ${formatSeconds(seconds)}`,
  );
  for (const { file, index, field, came, allowed } of refused) {
    print(`  ${file}:${index}: ${field} is ${came}; allowed: ${allowed}`);
  }
  const more = refusedCount - refused.length;
  if (more > 0) print(`  … and ${formatCount(more)} more`);
  printLeftOut("Not said by any event:", leftOut);
}

export function printLeftOut(title: string, leftOut: readonly ReasonCount[]): void {
  if (leftOut.length === 0) return;
  print(title);
  for (const { reason, count } of leftOut) print(`  ${formatCount(count)} × ${reason}`);
}

/** Where there was something, and none of it could be taken. */
export function tookNothing({
  accepted,
  duplicates,
  refusedCount,
  leftOut,
}: ImportResult): boolean {
  return accepted + duplicates === 0 && refusedCount + leftOut.length > 0;
}
