import { join } from "node:path";
import type { Clock } from "../core/index.ts";
import {
  checkIsNoCopy,
  type EmbeddedLog,
  type KafkaNotice,
  openEmbeddedLog,
  openKafkaLog,
} from "../log/index.ts";
import type { Config } from "./configSchema.ts";
import { kafkaOptionsOf } from "./kafkaSettings.ts";

/**
 * The log of a data directory: in the directory alone, or in Kafka with its copy there.
 *
 * @throws FoldbackError DATA_LOCKED, LOG_UNAVAILABLE, DATA_CORRUPT, CONFIG_INVALID.
 */
export async function openLog(
  config: Config,
  options: { readonly clock: Clock; readonly onNotice?: (notice: KafkaNotice) => void },
): Promise<EmbeddedLog> {
  const { kafka, ...embedded } = config.log;
  const { clock, onNotice } = options;
  const settings = { ...embedded, clock, directory: join(config.dataDirectory, "log") };
  if (kafka.brokers.length === 0) {
    checkIsNoCopy(settings.directory);
    return openEmbeddedLog(settings);
  }
  return openKafkaLog({
    ...settings,
    kafka: kafkaOptionsOf(kafka),
    eventTypes: new Set(config.eventTypes),
    ...(onNotice && { onNotice }),
  });
}
