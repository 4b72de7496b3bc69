import { type Clock, systemClock } from "../core/index.ts";
import type { Event } from "../event/index.ts";
import type { Config } from "./configSchema.ts";
import { beginningOf, withDataLog } from "./offlineLog.ts";

/**
 * Gives all events of a data directory that no server has open, in the order of the log, a batch at a time.
 *
 * @throws FoldbackError CONFIG_INVALID where there is no data directory; as `withLog`; what `take` throws.
 */
export async function readEvents(
  config: Config,
  take: (events: readonly Event[]) => Promise<void>,
  clock: Clock = systemClock,
): Promise<void> {
  await withDataLog(config, clock, async (log) => {
    for await (const batch of log.readBatches(beginningOf(log))) {
      await take(batch.map(({ event }) => event));
    }
  });
}
