/**
 * Ideas of docs/concepts.md that no command shows, on 100,000 real ratings: what accuracy hides, L1 against L2, few
 * samples an id, what sampled negatives do to a probability, overfitting and dropout.
 *
 * Figures but those of section 5 are of progressive validation: each rating is predicted before it is learned.
 */
import { readFileSync } from "node:fs";
import { Arena, hash64 } from "foldback/embedding";
import {
  auc,
  calibrationError,
  DeepFactorisationMachine,
  type Example,
  type Feature,
  type FtrlParams,
  LogisticRegression,
  logLoss,
  type OnlineModel,
  sigmoid,
} from "foldback/model";

interface Rating {
  readonly user: string;
  readonly features: readonly Feature[];
  readonly value: number;
  readonly seconds: number;
}

const data = new URL("../../data/movietweetings-100k/", import.meta.url);
const lines = (file: string) => readFileSync(new URL(file, data), "utf8").trimEnd().split("\n");

const slots = { user: {}, film: {}, genre: {} };
const genresOf = new Map(
  lines("movies.dat").map((line) => {
    const [film, , genres = ""] = line.split("::");
    return [film, genres.split("|").filter((genre) => genre !== "")];
  }),
);
const ratings = lines("ratings.dat").map((line): Rating => {
  const [user, film, value, seconds] = line.split("::");
  const genres = genresOf.get(film) ?? [];
  const features = [
    { slot: "user", id: hash64(user) },
    { slot: "film", id: hash64(film) },
    // A bag: n ids, each at 1/√n, so that films of many genres count no more than others.
    ...genres.map((genre) => ({
      slot: "genre",
      id: hash64(genre),
      value: 1 / Math.sqrt(genres.length),
    })),
  ];
  return { user, features, value: Number(value), seconds: Number(seconds) };
});
ratings.sort((a, b) => a.seconds - b.seconds);

const isLiked = ({ value }: Rating): 0 | 1 => (value >= 8 ? 1 : 0); // 50.5 %
const isHated = ({ value }: Rating): 0 | 1 => (value <= 2 ? 1 : 0); // 2.3 %
const linear: FtrlParams = { alpha: 0.5, beta: 0.2, l1: 0, l2: 0 };
const makeLinear = (params: Partial<FtrlParams> = {}, admitAfter = 1) =>
  LogisticRegression.create(Arena.create({ sizeBytesMax: 64 * 1024 * 1024 }), {
    slots: { user: { admitAfter }, film: { admitAfter }, genre: {} },
    linear: { ...linear, ...params },
    seed: 1n,
  });

console.log("1. When accuracy misleads: is the rating 2 or less?");
{
  const labels = ratings.map(isHated);
  const rate = mean(labels);
  const said = progressive(makeLinear(), isHated);
  const random = ratings.map((_, i) => Number(hash64(String(i)) % 1000n) / 1000);
  const ofTop = (scores: readonly number[]) => {
    const order = scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a]);
    return mean(order.slice(0, 1000).map((i) => labels[i]));
  };
  const row = (name: string, scores: readonly number[], order = scores) => [
    name,
    percent(mean(scores.map((p, i) => (p >= 0.5 === (labels[i] === 1) ? 1 : 0)))),
    auc(scores, labels).toFixed(4),
    meanLoss(scores, labels).toFixed(4),
    percent(ofTop(order)),
  ];
  table([
    ["", "accuracy", "AUC", "log loss", "positives of the highest 1,000"],
    // All its scores are the same: which are the highest is drawn.
    row(`always ${percent(rate)}`, Array<number>(labels.length).fill(rate), random),
    row("logistic regression", said),
  ]);
}

console.log("\n2. L1 against L2: is the rating 8 or more?");
{
  const arms = [{}, { l1: 0.5 }, { l1: 2 }, { l2: 0.5 }, { l2: 2 }];
  table([
    ["", "weights", "exactly 0", "largest", "log loss", "AUC"],
    ...arms.map((params: Partial<FtrlParams>) => {
      const model = makeLinear(params);
      const said = progressive(model, isLiked);
      const weights = Object.values(model.tables).flatMap((slot) =>
        [...slot.entries()].flatMap((id) => (id.state === "admitted" ? [id.weight] : [])),
      );
      return [
        `l1 ${params.l1 ?? 0}, l2 ${params.l2 ?? 0}`,
        String(weights.length),
        percent(mean(weights.map((weight) => (weight === 0 ? 1 : 0)))),
        weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0).toFixed(2),
        meanLoss(said, ratings.map(isLiked)).toFixed(4),
        auc(said, ratings.map(isLiked)).toFixed(4),
      ];
    }),
  ]);
}

console.log("\n3. Many features and few samples: log loss by how often the user rated before");
{
  const counts = new Map<string, number>();
  const before = ratings.map(({ user }) => {
    const count = counts.get(user) ?? 0;
    counts.set(user, count + 1);
    return count;
  });
  const labels = ratings.map(isLiked);
  const arms = [
    { name: "alpha 0.5", model: makeLinear() },
    { name: "alpha 4", model: makeLinear({ alpha: 4 }) },
    { name: "alpha 4, l2 1", model: makeLinear({ alpha: 4, l2: 1 }) },
    { name: "alpha 0.5, admitted at the 3rd", model: makeLinear({}, 3) },
  ];
  const said = arms.map(({ model }) => progressive(model, isLiked));
  const ends = [1, 2, 5, 20, Number.POSITIVE_INFINITY];
  table([
    ["ratings before", "examples", ...arms.map(({ name }) => name), "AUC, alpha 0.5"],
    ...ends.map((end, at) => {
      const from = at === 0 ? 0 : ends[at - 1];
      const own = before.flatMap((count, i) => (count >= from && count < end ? [i] : []));
      const ownLabels = own.map((i) => labels[i]);
      const pick = (scores: readonly number[]) => own.map((i) => scores[i]);
      return [
        rangeOf(from, end),
        String(own.length),
        ...said.map((scores) => meanLoss(pick(scores), ownLabels).toFixed(4)),
        auc(pick(said[0]), ownLabels).toFixed(4),
      ];
    }),
  ]);
}

console.log("\n4. Calibration: one negative in ten is learned from");
{
  const rate = 0.1;
  const isKept = (rating: Rating, i: number) =>
    isLiked(rating) === 1 || hash64(`kept ${i}`) % 10n === 0n;
  const labels = ratings.map(isLiked);
  const arms = [
    { name: "all negatives", keep: () => true, offset: 0 },
    { name: "1 in 10, as they are", keep: isKept, offset: 0 },
    { name: "1 in 10, −ln 0.1 added", keep: isKept, offset: -Math.log(rate) },
  ];
  table([
    ["", "learned from", "predicted", "observed", "calibration error", "log loss", "AUC"],
    ...arms.map(({ name, keep, offset }) => {
      const said = progressive(makeLinear(), isLiked, { keep, offset });
      return [
        name,
        String(ratings.filter(keep).length),
        percent(mean(said)),
        percent(mean(labels)),
        calibrationError(said, labels).toFixed(4),
        meanLoss(said, labels).toFixed(4),
        auc(said, labels).toFixed(4),
      ];
    }),
  ]);
}

console.log(
  "\n5. Overfitting, early stopping, dropout: 30,000 ratings again and again, the next 10,000",
);
{
  const [training, validation] = [ratings.slice(0, 30_000), ratings.slice(30_000, 40_000)];
  const passCount = 8;
  const arms = [0, 0.5].map((dropout) => {
    const model = DeepFactorisationMachine.create(
      Arena.create({ sizeBytesMax: 64 * 1024 * 1024 }),
      { slots, dim: 8, hiddenWidths: [32, 16], linear, dense: { dropout }, seed: 1n },
    );
    return Array.from({ length: passCount }, () => {
      model.learnBatch(training.map(exampleOf), training[training.length - 1].seconds);
      return [training, validation].map((part) => {
        const said = Array.from(model.predictBatch(part.map(({ features }) => features)), sigmoid);
        return meanLoss(said, part.map(isLiked));
      });
    });
  });
  const best = arms.map((passes) => Math.min(...passes.map(([, loss]) => loss)));
  table([
    ["passes", "training", "validation", "", "dropout 0.5: training", "validation"],
    ...Array.from({ length: passCount }, (_, pass) => [
      String(pass + 1),
      ...arms.flatMap((passes, arm) => {
        const [fitted, unseen] = passes[pass];
        return [fitted.toFixed(4), unseen.toFixed(4), unseen === best[arm] ? "least" : ""];
      }),
    ]),
  ]);
}

function exampleOf(rating: Rating): Example {
  return { features: rating.features, label: isLiked(rating) };
}

/** Of every rating the probability that the model gave it before it learned from it, if it did. */
function progressive(
  model: OnlineModel,
  labelOf: (rating: Rating) => 0 | 1,
  { keep = () => true, offset = 0 }: Sampling = {},
): number[] {
  return ratings.map((rating, i) => {
    const { features, seconds } = rating;
    if (!keep(rating, i)) return sigmoid(model.predictOne(features));
    // What learning returns is the logit from before the step, without the offset.
    return sigmoid(model.learnOne({ features, label: labelOf(rating), offset }, seconds));
  });
}

interface Sampling {
  readonly keep?: (rating: Rating, i: number) => boolean;
  readonly offset?: number;
}

function rangeOf(from: number, end: number): string {
  if (end === Number.POSITIVE_INFINITY) return `${from} and more`;
  return end - from === 1 ? String(from) : `${from} to ${end - 1}`;
}

function meanLoss(probabilities: readonly number[], labels: readonly (0 | 1)[]): number {
  return mean(probabilities.map((p, i) => logLoss(p, labels[i])));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function table(rows: readonly (readonly string[])[]): void {
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => (row[at] ?? "").length)));
  for (const row of rows) {
    const cells = row.map((cell, at) =>
      at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]),
    );
    console.log(`  ${cells.join("  ")}`.trimEnd());
  }
}
