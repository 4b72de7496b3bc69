import { join } from "node:path";
import { type Clock, FoldbackError, systemClock } from "../core/index.ts";
import { type CopyProgress, type CopyResult, copyToKafka } from "../log/index.ts";
import type { Config } from "./configSchema.ts";
import { kafkaOptionsOf } from "./kafkaSettings.ts";
import { withDataLog } from "./offlineLog.ts";

/**
 * Brings the log of a data directory into the topic that the config names, and makes the directory the topic's copy: what was
 * learned stays. The engine must not run. Broken off, a second call goes on.
 *
 * @throws FoldbackError CONFIG_INVALID without brokers or a data directory, or where the topic holds something else; as `withDataLog`.
 */
export async function copyLogToKafka(
  config: Config,
  options: { readonly clock?: Clock; readonly onProgress?: (progress: CopyProgress) => void } = {},
): Promise<CopyResult> {
  const { clock = systemClock, ...others } = options;
  const { kafka } = config.log;
  if (kafka.brokers.length === 0) {
    const message =
      "log.kafka.brokers is empty; allowed: host:port of at least one broker to copy to";
    throw new FoldbackError("CONFIG_INVALID", message, {
      details: { setting: "log.kafka.brokers" },
    });
  }
  const directory = join(config.dataDirectory, "log");
  const alone = { ...config, log: { ...config.log, kafka: { ...kafka, brokers: [] } } };
  return withDataLog(alone, clock, (log) =>
    copyToKafka(log, { ...others, kafka: kafkaOptionsOf(kafka), directory }),
  );
}
