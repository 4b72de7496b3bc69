/** One seed of the experiment: every model goes over the second part of the stream, and says what it thinks. */
import { assert, FoldbackError, Random } from "../../core/index.ts";
import { MemorySections } from "../../embedding/index.ts";
import { type OnlineModel, sigmoid } from "../../model/index.ts";
import type { ExampleStream } from "../exampleStream.ts";
import { StepLearner } from "../stepLearner.ts";
import type { LabelledColumns } from "./columns.ts";
import { Encoding } from "./encoding.ts";
import { KnownLabels } from "./knownLabels.ts";
import { NightlyPopularity } from "./nightlySql.ts";
import { drawn, stratifiedSplit } from "./splits.ts";
import { type Choice, meanLoss, type StaticLearner, type StaticModel } from "./staticModel.ts";
import { nightsOf, popularityTask, type StaticStream } from "./staticStream.ts";
import { type StratificationReport, stratificationStudy } from "./stratification.ts";

export interface SeedTask {
  readonly seed: number;
  readonly stream: ExampleStream;
  readonly view: StaticStream;
  readonly learners: readonly StaticLearner[];
  readonly makeModel: () => OnlineModel;
  /** The first step of the second part. */
  readonly from: number;
  readonly retrainDays: number;
  /** Milliseconds that a model looks back; Infinity for all. */
  readonly windowMs: number;
  readonly rowsMax: number;
  readonly onProgress: (what: string) => void;
}

/** Who was asked, and how: trained once, or each night; the online model learns on, or is left as it was. */
export interface Arm {
  readonly name: string;
  readonly kind: "online" | "once" | "nightly";
}

export interface SeedResult {
  readonly arms: readonly (Arm & {
    /** (asked,); NaN of those before the second part. */
    readonly probabilities: Float64Array;
    /** Mean seconds of a training; of the online model that learned on, of all its learning. */
    readonly trainingSeconds: number;
  })[];
  readonly choices: readonly (Choice & { readonly name: string; readonly knob?: string })[];
  readonly stratification: StratificationReport | undefined;
  /** Examples known when the second part began, and of the last night. */
  readonly known: { readonly first: number; readonly last: number };
  /** What the nightly query splits by: the slot whose shares are best on the validation part, or none. */
  readonly segment: string | undefined;
}

const validationShare = 0.2;
/** Fewer say nothing of what is usual: the first part must have so many, and a night with fewer trains nothing new. */
const rowsMin = 100;

export async function runStaticSeed(task: SeedTask): Promise<SeedResult> {
  const online = runOnline(task);
  const trained = trainStatic(task);
  const asked = await runQuery(task, trained);
  return {
    arms: [...online, ...trained.arms, ...asked.arms],
    choices: trained.choices,
    stratification: trained.stratification,
    known: trained.known,
    segment: asked.segment,
  };
}

function runOnline({ stream, from, makeModel, onProgress }: SeedTask): SeedResult["arms"] {
  onProgress("online");
  const { steps, clock } = stream;
  const began = performance.now();
  const model = makeModel();
  new StepLearner(model, stream, clock[0]).run(0, from);
  const firstSeconds = (performance.now() - began) / 1000;
  const learned = new MemorySections();
  model.save(learned);
  const frozen = makeModel();
  frozen.restore(learned);

  const live = new Float64Array(stream.askedCount).fill(Number.NaN);
  const still = live.slice();
  const learner = new StepLearner(model, stream, clock[from]);
  for (let at = from; at < steps.length; at++) {
    learner.advance(clock[at]);
    const step = steps[at];
    if (step.kind === "taught") learner.teach(step);
    else {
      const features = stream.featuresOf(step.index);
      live[step.index] = sigmoid(model.predictOne(features));
      still[step.index] = sigmoid(frozen.predictOne(features));
    }
  }
  const trainingSeconds = (performance.now() - began) / 1000;
  frozen.release();
  model.release();
  return [
    { name: "online model", kind: "online", probabilities: live, trainingSeconds },
    { name: "online model", kind: "once", probabilities: still, trainingSeconds: firstSeconds },
  ];
}

interface Trained {
  readonly arms: SeedResult["arms"];
  readonly choices: SeedResult["choices"];
  readonly stratification: StratificationReport | undefined;
  readonly known: SeedResult["known"];
  /** Which examples models are chosen by. */
  readonly validation: Uint32Array;
  /** Whether there was enough to train on, night by night. */
  readonly isTrained: readonly boolean[];
}

function trainStatic(task: SeedTask): Trained {
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

async function runQuery(
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
