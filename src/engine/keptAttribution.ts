/** The view of attribution as the config describes it. */
import { join } from "node:path";
import { AttributionView } from "../attribution/index.ts";
import { dayMs } from "../core/index.ts";
import type { Config } from "./configSchema.ts";
import type { KeptView } from "./viewSnapshots.ts";

/** Raised when the bytes that a snapshot's sections hold change their meaning. */
const formatVersion = 1;

export function keptAttribution({
  dataDirectory,
  log,
  attribution,
}: Config): KeptView<AttributionView> {
  const { enabled: _, ...kept } = attribution;
  const { conversions, lookbackDays, conversionDays, ...limits } = kept;
  return {
    directory: join(dataDirectory, "attribution"),
    settings: {
      format: formatVersion,
      "log.partitionCount": log.partitionCount,
      attribution: kept,
    },
    create: () =>
      new AttributionView({
        ...limits,
        partitionCount: log.partitionCount,
        conversions,
        lookbackMs: lookbackDays * dayMs,
        conversionsMs: conversionDays * dayMs,
      }),
  };
}
