/** The engine over a data directory that is there, for commands that work without a server. */
import { existsSync } from "node:fs";
import { FoldbackError } from "../core/index.ts";
import { type Config, Foldback } from "../engine/index.ts";
import { formatCount, formatRemaining, ProgressLine } from "./output.ts";

/** @throws FoldbackError CONFIG_INVALID where there is no data directory; and as `Foldback.open`. */
export async function openData(config: Config): Promise<Foldback> {
  const { dataDirectory } = config;
  // Opening it would make it, and there would be nothing in it.
  if (existsSync(dataDirectory)) return Foldback.open(config);
  throw new FoldbackError(
    "CONFIG_INVALID",
    `there is no data directory ${dataDirectory}; name one with --data, or make it with: foldback ingest`,
    { details: { setting: "dataDirectory" } },
  );
}

/** Waits until everything that is in the log has been learned, and shows how far it is. */
export async function learned(engine: Foldback, isShown: boolean): Promise<void> {
  const line = new ProgressLine(isShown);
  const beganMs = performance.now();
  const begin = engine.status().trainingLag;
  const showing = setInterval(() => {
    const { records, trainingLag } = engine.status();
    line.show(() => {
      const done = `learning: ${formatCount(records - trainingLag)} of ${formatCount(records)}`;
      const seconds = (performance.now() - beganMs) / 1000;
      return `${done}${formatRemaining(begin - trainingLag, trainingLag, seconds)}`;
    });
  }, 200);
  try {
    await engine.settled();
  } finally {
    clearInterval(showing);
    line.clear();
  }
}
