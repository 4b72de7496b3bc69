import { join } from "node:path";
import type { Clock } from "../core/index.ts";
import { type EmbeddedLog, type LogReader, openEmbeddedLog } from "../log/index.ts";
import type { Config } from "./configSchema.ts";

/**
 * The log of a data directory, without the engine: while this has it open nobody else can.
 *
 * @throws FoldbackError DATA_LOCKED, LOG_UNAVAILABLE, DATA_CORRUPT from the log; what `use` throws.
 */
export async function withLog<T>(
  config: Config,
  clock: Clock,
  use: (log: EmbeddedLog) => Promise<T>,
): Promise<T> {
  const directory = join(config.dataDirectory, "log");
  const log = await openEmbeddedLog({ ...config.log, directory, clock });
  try {
    return await use(log);
  } finally {
    await log.close();
  }
}

/** Where to read a log from to read all of it. */
export function beginningOf(log: LogReader): number[] {
  return new Array<number>(log.partitionCount).fill(0);
}
