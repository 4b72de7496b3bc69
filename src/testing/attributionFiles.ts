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
  gridSettings,
  type ResolvedConversions,
  readCosts,
  resolve,
  touchDimensions,
} from "../attribution/index.ts";
import { systemClock } from "../core/index.ts";
import type { Event } from "../event/index.ts";
import { directoryOf } from "./eventFiles.ts";

export function linesOf(events: readonly unknown[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join("");
}

/** @param files each the events of an NDJSON file. */
export async function withTables<T>(
  files: readonly (readonly Event[])[],
  use: (tables: EventTables) => Promise<T>,
  options: Partial<EventTablesOptions> = {},
): Promise<T> {
  const names = files.map((_, at) => `${at}.ndjson`);
  const directory = directoryOf(
    Object.fromEntries(names.map((name, at) => [name, linesOf(files[at])])),
  );
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

export interface Compared extends Comparison {
  readonly resolved: ResolvedConversions;
  readonly lines: readonly EachConversion[];
}

/** @param costs a file of them. */
export async function compareFiles(
  files: readonly (readonly Event[])[],
  request: GridRequest,
  options: Partial<EventTablesOptions> & { readonly costs?: string } = {},
): Promise<Compared> {
  const { by = [] } = request;
  return withTables(
    files,
    async (tables) => {
      const settings = gridSettings(request);
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
