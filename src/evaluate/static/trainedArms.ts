import { FoldbackError, Random } from "../../core/index.ts";
import type { SeedResult, SeedTask } from "./arms.ts";
import type { LabelledColumns } from "./columns.ts";
import { Encoding } from "./encoding.ts";
import { KnownLabels } from "./knownLabels.ts";
import { drawn, stratifiedSplit } from "./splits.ts";
import type { StaticModel } from "./staticModel.ts";
import { nightsOf } from "./staticStream.ts";
import { type StratificationReport, stratificationStudy } from "./stratification.ts";

const validationShare = 0.2;
/** Fewer say nothing of what is usual: the first part must have so many, and a night with fewer trains nothing new. */
const rowsMin = 100;

export interface Trained {
  readonly arms: SeedResult["arms"];
  readonly choices: SeedResult["choices"];
  readonly stratification: StratificationReport | undefined;
  readonly known: SeedResult["known"];
  /** Which examples models are chosen by. */
  readonly validation: Uint32Array;
  /** Whether there was enough to train on, night by night. */
  readonly isTrained: readonly boolean[];
}

/** Chooses each learner's complexity once, and fits it when the second part begins and each night after. */
export function trainedArms(task: SeedTask): Trained {
  const { seed, stream, view, learners, from, retrainDays, windowMs, onProgress } = task;
  const { clock, askedClock } = stream;
  const random = new Random(seed);
  const start = clock[from];
  const nights = nightsOf(start, clock[clock.length - 1], retrainDays);
  const known = new KnownLabels(view.taught, stream.askedCount);
  const knownFrom = (time: number): Uint32Array =>
    Uint32Array.from(askedClock, (_, row) => row).filter(
      (row) => askedClock[row] >= time && !Number.isNaN(known.labels[row]),
    );

  known.advance(start);
  const first = knownFrom(Number.NEGATIVE_INFINITY);
  if (first.length < rowsMin) {
    throw new FoldbackError(
      "REQUEST_INVALID",
      `the first part has ${first.length} examples whose label is known; allowed: ${rowsMin} or more`,
    );
  }
  const rows = drawn(first, Math.min(task.rowsMax, first.length), random).sort();
  const labels = Float64Array.from(rows, (row) => known.labels[row]);
  const parts = stratifiedSplit(labels, validationShare, random);
  const split = {
    training: parts.training.map((at) => rows[at]),
    validation: parts.validation.map((at) => rows[at]),
  };
  const judged = encoded(task, known, split.training);
  const validation = judged.of(split.validation);
  const choices = learners.map((learner) => {
    onProgress(`${learner.name}, choosing`);
    const { name, knob } = learner;
    return { ...learner.choose(judged.training, validation), name, ...(knob && { knob }) };
  });

  const arms = learners.flatMap(({ name }) =>
    (["once", "nightly"] as const).map((kind) => ({
      name,
      kind,
      probabilities: new Float64Array(stream.askedCount).fill(Number.NaN),
      trainingSeconds: 0,
    })),
  );
  let stratification: StratificationReport | undefined;
  let lastCount = first.length;
  const isTrained: boolean[] = [];
  let models: readonly StaticModel[] = [];
  let encode: ReturnType<typeof encoded>["of"] = judged.of;
  for (const [night, time] of nights.entries()) {
    onProgress(`night ${night + 1} of ${nights.length}`);
    known.advance(time);
    // The first night's is also the model that is trained once: on everything.
    const own = night === 0 ? first : knownFrom(time - windowMs);
    isTrained.push(own.length >= rowsMin);
    if (own.length >= rowsMin) {
      lastCount = own.length;
      const { training, of } = encoded(task, known, own, random);
      encode = of;
      models = learners.map((learner, at) => {
        const began = performance.now();
        const model = learner.fit(training, choices[at].best);
        const seconds = (performance.now() - began) / 1000;
        arms[2 * at + 1].trainingSeconds += seconds / nights.length;
        if (night === 0) arms[2 * at].trainingSeconds = seconds;
        return model;
      });
      if (night === 0) {
        onProgress("splits");
        const at = learners.findIndex(({ name }) => name === "logistic regression");
        const complexity = choices[at].best;
        stratification = stratificationStudy({
          learner: learners[at],
          complexity,
          examples: training,
          seed,
        });
      }
    }
    const until = nights[night + 1] ?? Number.POSITIVE_INFINITY;
    const asked = askedWithin(askedClock, time, night === 0 ? Number.POSITIVE_INFINITY : until);
    const { columns } = encode(asked);
    for (const [at, model] of models.entries()) {
      const said = model.predict(columns);
      for (const [i, row] of asked.entries()) {
        if (night === 0) arms[2 * at].probabilities[row] = said[i];
        if (askedClock[row] < until) arms[2 * at + 1].probabilities[row] = said[i];
      }
    }
  }
  return {
    arms,
    choices,
    stratification,
    known: { first: first.length, last: lastCount },
    validation: split.validation,
    isTrained,
  };
}

/** Encodes by all of the rows, and gives at most `rowsMax` of them to fit to. */
function encoded(
  { view, rowsMax, seed }: SeedTask,
  known: KnownLabels,
  rows: Uint32Array,
  random?: Random,
): { readonly training: LabelledColumns; readonly of: (rows: Uint32Array) => LabelledColumns } {
  const encoding = new Encoding({
    slots: view.slots,
    rows,
    labels: known.labels,
    weights: known.weights,
    seed,
  });
  const of = (asked: Uint32Array): LabelledColumns => ({
    columns: encoding.encode(asked),
    labels: Float64Array.from(asked, (row) => known.labels[row]),
    weights: Float64Array.from(asked, (row) => known.weights[row]),
  });
  const fitted =
    random === undefined || rows.length <= rowsMax ? rows : drawn(rows, rowsMax, random).sort();
  return { training: of(fitted), of };
}

function askedWithin(askedClock: Float64Array, from: number, until: number): Uint32Array {
  return Uint32Array.from(askedClock, (_, row) => row).filter(
    (row) => askedClock[row] >= from && askedClock[row] < until,
  );
}
