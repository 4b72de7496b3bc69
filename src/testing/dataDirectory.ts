import { join } from "node:path";
import type { LogRecord } from "../event/index.ts";
import { openEmbeddedLog } from "../log/index.ts";
import { readEverything } from "./logRecords.ts";

/** Every record in the log of a data directory that nobody has open. */
export async function recordsIn(dataDirectory: string): Promise<LogRecord[]> {
  const log = await openEmbeddedLog({ directory: join(dataDirectory, "log") });
  try {
    return await readEverything(log);
  } finally {
    await log.close();
  }
}
