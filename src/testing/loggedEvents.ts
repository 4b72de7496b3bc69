import { join } from "node:path";
import type { Config } from "../engine/index.ts";
import type { Event } from "../event/index.ts";
import { openEmbeddedLog } from "../log/index.ts";
import { readEverything } from "./logRecords.ts";

/** The events in the log of an engine that is closed, in the order of the log. */
export async function loggedEvents(config: Config): Promise<Event[]> {
  const log = await openEmbeddedLog({
    ...config.log,
    directory: join(config.dataDirectory, "log"),
  });
  try {
    return (await readEverything(log)).map(({ event }) => event);
  } finally {
    await log.close();
  }
}
