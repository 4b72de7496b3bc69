import { existsSync } from "node:fs";
import { type Clock, FoldbackError } from "../core/index.ts";
import type { EmbeddedLog, LogReader } from "../log/index.ts";
import type { Config } from "./configSchema.ts";
import { openLog } from "./openLog.ts";

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
  const log = await openLog(config, { clock });
  try {
    return await use(log);
  } finally {
    await log.close();
  }
}

/**
 * The same of a data directory that is there: to look at one must not make one.
 *
 * @throws FoldbackError CONFIG_INVALID where it is not; as `withLog`.
 */
export async function withDataLog<T>(
  config: Config,
  clock: Clock,
  use: (log: EmbeddedLog) => Promise<T>,
): Promise<T> {
  const { dataDirectory } = config;
  if (existsSync(dataDirectory)) return withLog(config, clock, use);
  throw new FoldbackError(
    "CONFIG_INVALID",
    `there is no data directory ${dataDirectory}; name one with --data`,
    { details: { setting: "dataDirectory" } },
  );
}

/** Where to read a log from to read all of it. */
export function beginningOf(log: LogReader): number[] {
  return new Array<number>(log.partitionCount).fill(0);
}
