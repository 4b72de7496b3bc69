/**
 * How likely each number of people is, from the best partition for each: a conditional logit.
 *
 *     P(k) = exp(w · x_k) / Σ_i exp(w · x_i)
 *
 * x_k compares the partition into k people with that into one: scores by sign as they are, which is what theory says, and divided
 * by √sessions, since signs of real people are not independent, and evidence grows slower than their number; the sizes; conflicts
 * that remain; prior odds of k. The weights w are fitted on simulated households with parameters drawn at random
 * (`npm run bench -- peopleCalibration`), anew for what the account's data lack.
 */
import { assert } from "../../core/index.ts";
import type { AccountSessions } from "../accountSessions.ts";
import type { Partition } from "./allocation.ts";
import { calibrationWeights } from "./calibration.generated.ts";
import type { DataKind } from "./dataKind.ts";
import { partitionsOf } from "./partitions.ts";
import { type Sign, type Signs, signs, signsOf } from "./signs.ts";
import { softmax } from "./softmax.ts";

function dataKindOf(of: Signs): DataKind {
  const hasSign = (sign: Sign): boolean => of.has[signs.indexOf(sign)];
  const known = playedOf(hasSign("genre"), hasSign("artist"), hasSign("song"));
  const played = known === "genre" && hasSign("song") && areHadOnce(of) ? "genreOnce" : known;
  return hasSign("week") ? played : `${played}NoTime`;
}

/** Songs of which less comes again: of films that raters saw, 95 % of accounts have less than .2; of music 5 %. */
const comesAgainMax = 0.2;

/** Whether what is played in one session is seldom played in another. */
function areHadOnce({ count, values, valueWeights, signOfValue, weights }: Signs): boolean {
  const song = signs.indexOf("song");
  let all = 0;
  for (let session = 0; session < count; session++) all += weights[session * signs.length + song];
  let again = 0;
  for (let at = 0; at < values.length; at++) {
    if (signOfValue[values[at]] === song) again += valueWeights[at];
  }
  return again <= comesAgainMax * all;
}

function playedOf(
  hasGenre: boolean,
  hasArtist: boolean,
  hasSong: boolean,
): "genreArtist" | "genre" | "artist" | "song" | "access" {
  if (hasGenre) return hasArtist ? "genreArtist" : "genre";
  if (hasArtist) return "artist";
  return hasSong ? "song" : "access";
}

/** Beyond this many people each costs the same. */
const countsTold = 5;
/** Length of what `featuresOf` gives. */
export const featureCount = 2 * signs.length + 11 + countsTold;

/** What the logit chooses from, for an account. */
export interface Candidates {
  readonly kind: DataKind;
  /** Numbers of people, and x of each. */
  readonly people: readonly number[];
  readonly features: readonly Float64Array[];
}

/** For fitting the weights: what `countBest` would choose from. */
export function candidatesOf(sessions: AccountSessions): Candidates {
  const signs = signsOf(sessions);
  const partitions = partitionsOf(signs);
  const one = partitions[partitions.length - 1];
  return {
    kind: dataKindOf(signs),
    people: partitions.map(({ people }) => people),
    features: partitions.map((partition) => featuresOf(partition, one, signs)),
  };
}

/** x of a partition, given that into one person of the same account; shape (featureCount,), all of about the size 1. */
function featuresOf(partition: Partition, one: Partition, of: Signs): Float64Array {
  const features = new Float64Array(featureCount);
  const root = Math.sqrt(of.count / 100);
  const more = partition.people - 1;
  let at = 0;
  for (let sign = 0; sign < signs.length; sign++) {
    const difference = (partition.parts[sign] - one.parts[sign]) / 10;
    features[at++] = difference;
    features[at++] = difference / root;
  }
  const sizes = (partition.sizes - one.sizes) / 10;
  features[at++] = sizes;
  features[at++] = sizes / root;
  features[at++] = Math.min(20, partition.conflicts) / 5;
  features[at++] = Math.log1p(partition.conflicts);
  features[at++] = more === 0 ? 0 : Math.log(partition.fewest + 1);
  features[at++] = more * Math.log(of.count / 100);
  features[at++] = more * Math.log(deviceCount(of) + 1);
  features[at++] = 5 * partition.doubt;
  features[at++] = 5 * more * partition.doubt;
  features[at++] = 3 * partition.borrowed;
  features[at++] = 3 * more * partition.borrowed;
  for (let least = 1; least < countsTold; least++) features[at++] = more >= least ? 1 : 0;
  features[at++] = Math.max(0, more - countsTold + 1);
  assert(at === featureCount, "every feature is written");
  return features;
}

/** `[k - 1]`: the probability of k people; sums to 1. 0 for what no partition was found for. */
export function probabilitiesOf(partitions: readonly Partition[], of: Signs): number[] {
  const one = partitions[partitions.length - 1];
  assert(one.people === 1, "the last partition is that into one person");
  const weights = calibrationWeights[dataKindOf(of)];
  assert(weights.length === featureCount, "weights are fitted to these features");
  const most = Math.max(...partitions.map(({ people }) => people));
  const logits = new Array<number>(most).fill(Number.NEGATIVE_INFINITY);
  for (const partition of partitions) {
    const features = featuresOf(partition, one, of);
    let logit = 0;
    for (let at = 0; at < featureCount; at++) logit += weights[at] * features[at];
    logits[partition.people - 1] = logit;
  }
  return softmax(logits);
}

function deviceCount({ devices }: Signs): number {
  const seen = new Set(devices);
  seen.delete(0);
  return seen.size;
}
