/** Streams of labelled pairs of a user and an item, in time order: one real, one simulated. */
import { Random, systemClock } from "#foldback/core";
import { openEventFile } from "#foldback/event";

/** Users and items are re-indexed from 0 in the order in which they first appear. */
export interface ExampleStream {
  /** (examples,) each. */
  readonly users: Uint32Array;
  readonly items: Uint32Array;
  readonly labels: Uint8Array;
  /** Distinct ones that appear. */
  readonly userCount: number;
  readonly itemCount: number;
}

/**
 * A file of ratings, in time order, equal times in the file's order.
 *
 * @param positiveMin a rating of at least this is label 1. @param countMax of the first ones.
 */
export async function ratingStream(
  path: string,
  positiveMin: number,
  countMax = Number.POSITIVE_INFINITY,
): Promise<ExampleStream> {
  const file = await openEventFile(path, { clock: systemClock, order: "time" });
  const stream = new StreamBuilder();
  for await (const { events } of file.batches()) {
    for (const { type, account, item, value } of events) {
      if (type !== "rate" || stream.count === countMax) continue;
      if (account === undefined || item === undefined || value === undefined) continue;
      stream.add(account, item, value >= positiveMin ? 1 : 0);
    }
  }
  return stream.build();
}

export interface SimulationOptions {
  readonly seed: number;
  readonly exampleCount: number;
  /** Of the population; who is never drawn does not count in the stream. */
  readonly userCount: number;
  readonly itemCount: number;
}

/** How often the k-th most active user and the k-th most popular item come: k^-exponent. */
const activityExponent = 0.6;
const popularityExponent = 0.8;
const biasScale = 0.7;
const tasteDim = 4;
/** Of the product of two tastes: about twice a bias, so that what is learned of pairs counts, too. */
const tasteScale = 1.5;

/**
 * A population with fixed tastes:
 *
 * ```
 * user, item  drawn independently, each by Zipf's law
 * logit       = b_user + b_item + t_user · t_item     b ~ N(0, 0.7²); t (4,) normal, t · t of variance 1.5²
 * label       ~ Bernoulli(σ(logit))
 * ```
 *
 * All in float64, without any code of the models that learn from it.
 *
 * @returns the stream, and the true logit of each example, (examples,): no model can rank better.
 */
export function simulatedStream(
  options: SimulationOptions,
): ExampleStream & { readonly logits: Float64Array } {
  const random = new Random(options.seed);
  const users = population(options.userCount, activityExponent, random);
  const items = population(options.itemCount, popularityExponent, random);
  const stream = new StreamBuilder();
  const logits = new Float64Array(options.exampleCount);
  for (let i = 0; i < logits.length; i++) {
    const user = users.draw();
    const item = items.draw();
    let logit = users.biases[user] + items.biases[item];
    for (let d = 0; d < tasteDim; d++) {
      logit += users.tastes[user * tasteDim + d] * items.tastes[item * tasteDim + d];
    }
    logits[i] = logit;
    stream.add(user, item, random.uniform() < 1 / (1 + Math.exp(-logit)) ? 1 : 0);
  }
  return { ...stream.build(), logits };
}

interface Population {
  draw(): number;
  readonly biases: Float64Array;
  /** (count, tasteDim), row after row. */
  readonly tastes: Float64Array;
}

function population(count: number, exponent: number, random: Random): Population {
  const shares = new Float64Array(count);
  let total = 0;
  for (let k = 0; k < count; k++) shares[k] = total += (k + 1) ** -exponent;
  // The product of two tastes is a sum of tasteDim products, each of variance scale^4.
  const scale = Math.sqrt(tasteScale / Math.sqrt(tasteDim));
  return {
    draw: () => placeOf(random.uniform() * total, shares),
    biases: Float64Array.from({ length: count }, () => biasScale * normal(random)),
    tastes: Float64Array.from({ length: count * tasteDim }, () => scale * normal(random)),
  };
}

/** The first place whose running total is above the value, (n,) and growing. */
function placeOf(value: number, totals: Float64Array): number {
  let from = 0;
  let to = totals.length - 1;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (totals[middle] > value) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** Standard normal, by Box and Muller (1958); of the pair the second is not used. */
function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.uniform())); // 1 - u is never 0
  return radius * Math.cos(2 * Math.PI * random.uniform());
}

/** One figure that any change of the stream changes. */
export function streamChecksum({ users, items, labels }: ExampleStream): string {
  let state = 0;
  for (let i = 0; i < labels.length; i++) {
    // The multiplier of MurmurHash3's mixing; what counts is that it is odd and has bits everywhere.
    state = Math.imul(state ^ users[i], 0x85ebca6b) ^ (state >>> 15);
    state = Math.imul(state ^ (items[i] * 2 + labels[i]), 0x85ebca6b) ^ (state >>> 13);
  }
  return (state >>> 0).toString(16).padStart(8, "0");
}

class StreamBuilder {
  readonly #users: number[] = [];
  readonly #items: number[] = [];
  readonly #labels: number[] = [];
  readonly #userIndexes = new Map<string | number, number>();
  readonly #itemIndexes = new Map<string | number, number>();

  get count(): number {
    return this.#labels.length;
  }

  add(user: string | number, item: string | number, label: 0 | 1): void {
    this.#users.push(indexOf(user, this.#userIndexes));
    this.#items.push(indexOf(item, this.#itemIndexes));
    this.#labels.push(label);
  }

  build(): ExampleStream {
    return {
      users: Uint32Array.from(this.#users),
      items: Uint32Array.from(this.#items),
      labels: Uint8Array.from(this.#labels),
      userCount: this.#userIndexes.size,
      itemCount: this.#itemIndexes.size,
    };
  }
}

/** The number given to a name when it first came. */
function indexOf(name: string | number, indexes: Map<string | number, number>): number {
  const known = indexes.get(name);
  if (known !== undefined) return known;
  indexes.set(name, indexes.size);
  return indexes.size - 1;
}
