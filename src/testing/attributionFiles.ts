/** Attribution asked of events that were written into files. */
import { join } from "node:path";
import {
  type Comparison,
  compare,
  costsOf,
  type EachConversion,
  EventTables,
  type EventTablesOptions,
  each,
  type GridRequest,
  gridKeysOf,
  gridSettings,
  type ResolvedConversions,
  readCosts,
  resolve,
  touchDimensions,
} from "../attribution/index.ts";
import { systemClock } from "../core/index.ts";
import { cellsOf, type Event, EventTable, rowOf, tableWriter } from "../event/index.ts";
import { directoryOf } from "./eventFiles.ts";

export function linesOf(events: readonly unknown[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join("");
}

/** Events as `foldback export` writes them. */
async function parquetOf(events: readonly Event[]): Promise<Uint8Array> {
  const table = new EventTable();
  for (const event of events) table.note(event);
  const { columns } = table;
  const parts: Uint8Array[] = [];
  const writer = tableWriter("parquet", columns, async (bytes) => {
    parts.push(Uint8Array.from(bytes));
  });
  await writer.write(events.map((event) => rowOf(columns, cellsOf(event))));
  await writer.finish();
  return Buffer.concat(parts);
}

/** @param files each the events of a file. */
export async function withTables<T>(
  files: readonly (readonly Event[])[],
  use: (tables: EventTables) => Promise<T>,
  { format = "ndjson", ...options }: Partial<EventTablesOptions> & FileOptions = {},
): Promise<T> {
  const names = files.map((_, at) => `${at}.${format}`);
  const contents: Record<string, string | Uint8Array> = {};
  for (const [at, name] of names.entries()) {
    contents[name] = format === "parquet" ? await parquetOf(files[at]) : linesOf(files[at]);
  }
  const directory = directoryOf(contents);
  const tables = await EventTables.open({
    conversions: ["purchase", "subscribe"],
    clock: systemClock,
    threads: 1,
    ...options,
  });
  try {
    for (const name of names) await tables.addFile(join(directory, name));
    return await use(tables);
  } finally {
    await tables.close();
  }
}

interface FileOptions {
  /** Default `ndjson`. */
  readonly format?: "ndjson" | "parquet";
}

export interface Compared extends Comparison {
  readonly resolved: ResolvedConversions;
  readonly lines: readonly EachConversion[];
}

/** @param costs a file of them. */
export async function compareFiles(
  files: readonly (readonly Event[])[],
  request: GridRequest,
  options: Partial<EventTablesOptions> & FileOptions & { readonly costs?: string } = {},
): Promise<Compared> {
  const settings = gridSettings(request);
  const by = gridKeysOf(settings);
  return withTables(
    files,
    async (tables) => {
      const resolved = await resolve(tables, {
        dimensions: touchDimensions.filter((dimension) => by.includes(dimension)),
        hasAccounts: by.includes("account"),
        hasIds: true,
      });
      const { money } = await tables.prepare();
      const costs =
        options.costs === undefined
          ? await costsOf(tables, by)
          : await readCosts(options.costs, by, money);
      const lines = [...each(resolved, settings)];
      return { ...compare(resolved, costs, settings, money), resolved, lines };
    },
    options,
  );
}
