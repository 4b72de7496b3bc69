import { assert } from "../../core/index.ts";
import type { SeedResult, SeedTask } from "./arms.ts";
import { KnownLabels } from "./knownLabels.ts";
import { NightlyPopularity } from "./nightlySql.ts";
import { meanLoss } from "./staticModel.ts";
import { nightsOf, popularityTask } from "./staticStream.ts";
import type { Trained } from "./trainedArms.ts";

/** The query of the night when the second part begins, and of each night after; none without a slot of items. */
export async function queryArms(
  task: SeedTask,
  { validation, isTrained }: Trained,
): Promise<Pick<SeedResult, "arms" | "segment">> {
  const { stream, view, from, retrainDays, windowMs, onProgress } = task;
  const popularity = popularityTask(view);
  if (popularity === undefined) return { arms: [], segment: undefined };
  const { clock } = stream;
  const start = clock[from];
  const everything = { knownBefore: start, askedFrom: 0 };
  const database = await NightlyPopularity.open(popularity);
  try {
    onProgress("nightly query, choosing");
    const known = new KnownLabels(view.taught, stream.askedCount);
    known.advance(start);
    await database.holdOut(validation);
    let best = { segment: -1, loss: Number.POSITIVE_INFINITY };
    for (let segment = -1; segment < view.segments.length; segment++) {
      await database.run({ ...everything, segment, withoutHeldOut: true });
      const shares = await database.predict(0, start, segment);
      const loss = meanLoss(pick(shares, validation), {
        labels: pick(known.labels, validation),
        weights: pick(known.weights, validation),
      });
      if (loss < best.loss) best = { segment, loss };
    }
    const { segment } = best;
    const nights = nightsOf(start, clock[clock.length - 1], retrainDays);
    const nightly = new Float64Array(stream.askedCount).fill(Number.NaN);
    let once: Float64Array = nightly;
    let [seconds, onceSeconds] = [0, 0];
    for (const [night, time] of nights.entries()) {
      onProgress(`nightly query ${night + 1} of ${nights.length}`);
      const began = performance.now();
      if (night === 0) await database.run({ ...everything, segment });
      else if (isTrained[night]) {
        const askedFrom = Math.max(0, time - windowMs);
        await database.run({ knownBefore: time, askedFrom, segment });
      }
      const took = (performance.now() - began) / 1000;
      seconds += took / nights.length;
      const until = nights[night + 1] ?? Number.MAX_SAFE_INTEGER;
      if (night === 0) {
        once = await database.predict(start, Number.MAX_SAFE_INTEGER, segment);
        onceSeconds = took;
      }
      const said = night === 0 ? once : await database.predict(time, until, segment);
      for (const [row, share] of said.entries()) {
        if (stream.askedClock[row] < until && !Number.isNaN(share)) nightly[row] = share;
      }
    }
    const name = "SQL popularity";
    return {
      arms: [
        { name, kind: "once", probabilities: once, trainingSeconds: onceSeconds },
        { name, kind: "nightly", probabilities: nightly, trainingSeconds: seconds },
      ],
      segment: view.segments[segment]?.slot,
    };
  } finally {
    database.close();
  }
}

function pick(values: Float64Array, rows: Uint32Array): Float64Array {
  const picked = Float64Array.from(rows, (row) => values[row]);
  assert(!picked.some(Number.isNaN), "what is judged was known and asked before");
  return picked;
}
