import { type Clock, systemClock } from "../../core/index.ts";
import type { Config } from "../configSchema.ts";
import { createOutcomes } from "../learner.ts";
import { withDataLog } from "../offlineLog.ts";
import { openSnapshots, restoreState } from "../training.ts";
import { type ExperimentReport, experimentReports } from "./experimentReport.ts";
import { liveExperimentsOf } from "./liveExperiment.ts";

/**
 * What may be said of each experiment of a data directory that no engine has open: from the newest snapshot and the log
 * after it. Nothing is learned, and nothing is written.
 *
 * @throws FoldbackError CONFIG_INVALID where there is no data directory; as `withLog`.
 */
export async function readExperiments(
  config: Config,
  {
    clock = systemClock,
    onProgress = () => {},
  }: { readonly clock?: Clock; readonly onProgress?: (records: number) => void } = {},
): Promise<ExperimentReport[]> {
  return withDataLog(config, clock, async (log) => {
    const { value: outcomes } = restoreState(openSnapshots(config), config, createOutcomes(config));
    let read = 0;
    for await (const records of log.readBatches(outcomes.offsets)) {
      for (const record of records) outcomes.apply(record);
      read += records.length;
      onProgress(read);
    }
    return experimentReports(outcomes.of(), liveExperimentsOf(config), clock.now());
  });
}
