/**
 * How many people are behind an account by ACCESS alone: the plain method, that the default one is compared with.
 *
 * Weighted Hamming distance over the six columns, average linkage, and a cut at a height calibrated on simulated households. Columns count
 * by what they mean: device and place the most; of city, state and postal code, which say the same thing, the last one nearly alone. A cluster of one or two sessions, or of a small share of them, is no person
 * by itself: its sessions go to the nearest cluster.
 *
 * The probability of n people is how likely the right cut is at a height that gives n, if it lies around the calibrated one with a logistic
 * distribution. So the farther the neighbouring merges are from the cut, the surer is the count.
 */
import { assert } from "../../core/index.ts";
import type { AccountPeople } from "../accountPeople.ts";
import { type AccountSessions, accessColumns } from "../accountSessions.ts";
import {
  agglomerate,
  type CategoricalRows,
  clusterDistances,
  clusterTables,
  type Dendrogram,
  labelsAfter,
  nearestCluster,
} from "../clustering/index.ts";
import type { Assigned } from "./assignment.ts";
import { homesOf, usageOf } from "./homes.ts";
import { shortestInterval } from "./interval.ts";
import { signsOf } from "./signs.ts";

/** By column of ACCESS: device, city, state, zip, day, part. */
const columnWeights = Float64Array.of(4.25, 0.55, 0.85, 4.55, 0.8, 0.7);
/**
 * With the weights, those right the most often on 200 simulated households of each of L1, L2 and L3 (seeds 101 to 103, each of a service of
 * its own), of 150 random weights, heights from .70 to .86 and shares from .03 to .10; chosen among the best by 1,800 others (seeds 401 to
 * 423): in 90, 52 and 53 % of them. A scale of .05 had the best log loss of .01 to .05.
 */
const calibrated: SimpleCut = { height: 0.8, scale: 0.05, share: 0.05 };
/** Fewer sessions are a trip, a guest or a fault. */
const personSessionsMin = 3;
const intervalMass = 0.9;
/** Counts that are less likely are left out. */
const probabilityMin = 1e-6;

/** How the tree of an account is cut. */
interface SimpleCut {
  readonly height: number;
  readonly scale: number;
  /** A cluster is a person from this share of the account's sessions on, and from 3 sessions on. */
  readonly share: number;
}

/** The tree that the method cuts, and at which height. @param sessions at least one. O(distinct sessions²). */
export function simpleTree({ columns }: AccountSessions): {
  readonly tree: Dendrogram;
  readonly cut: number;
} {
  const rows = { codes: columns, weights: columnWeights };
  return { tree: agglomerate(rows, { linkage: "average" }), cut: calibrated.height };
}

/** @param sessions at least one. O(distinct sessions²). */
export function countSimple(sessions: AccountSessions): AccountPeople {
  assert(sessions.tokens.length > 0, "an account has sessions");
  const rows: CategoricalRows = { codes: sessions.columns, weights: columnWeights };
  const { tree } = simpleTree(sessions);
  const levels = levelsOf(tree, calibrated);
  const probabilities = probabilitiesOf(levels);
  const people = 1 + probabilities.indexOf(Math.max(...probabilities));
  const level = likeliest(levels.filter((one) => one.people === people));
  const clusters = personsAfter(rows, tree, level.merges);
  const { persons, confidences } = numbered(rows, clusters.labels);
  return {
    account: sessions.account,
    people,
    probabilities,
    ...shortestInterval(probabilities, intervalMass),
    usage: usageOf(homesOf(sessions, signsOf(sessions), persons)),
    evidence: wordsOf(people, level, clusters.strays),
    persons,
    confidences,
  };
}

/**
 * Assigns the sessions that have no person yet, each to the one whose sessions before are nearest on average; beyond the calibrated cut it
 * may be someone new.
 *
 * @param persons whose each is, from 1; 0: to be assigned. Shape (sessions,). At least one is known.
 * @returns by session; undefined where a person was known.
 */
export function assignSimple(
  { columns }: AccountSessions,
  persons: Uint16Array,
): (Assigned | undefined)[] {
  const labels = Int32Array.from(persons, (person) => person - 1);
  const tables = clusterTables({ codes: columns, weights: columnWeights }, labels);
  assert(tables.sizes.length > 0, "at least one session has a person");
  return Array.from(persons, (known, session) => {
    if (known !== 0) return undefined;
    const row = rowOf(columns, session);
    const nearest = nearestCluster(tables, row);
    assert(nearest !== undefined, "without a cut there is a nearest cluster");
    return {
      person: nearest.cluster + 1,
      confidence: shareOf(nearest.cluster, clusterDistances(tables, row)),
      isBeyond: nearest.distance > calibrated.height,
    };
  });
}

function rowOf(columns: Int32Array, session: number): Int32Array {
  const width = accessColumns.length;
  return columns.subarray(session * width, (session + 1) * width);
}

/** A partition of the tree, between one merge and the next. */
interface Level {
  /** The first merges, which it has. */
  readonly merges: number;
  /** Clusters that are large enough to be a person; 1 where none is. */
  readonly people: number;
  /** Heights from the last merge it has to the first it has not. */
  readonly from: number;
  readonly to: number;
  /** How likely the right cut is between the two. */
  readonly mass: number;
}

/** Those at which the cut can be, from the lowest. Their masses sum to 1. */
function levelsOf(
  { leafCount, firsts, seconds, heights, sizes, leafOf }: Dendrogram,
  { height, scale, share }: SimpleCut,
): Level[] {
  const least = fewestSessions(leafOf.length, share);
  const isPerson = (node: number): number => (sizes[node] >= least ? 1 : 0);
  const below = (cut: number): number => 1 / (1 + Math.exp((height - cut) / scale));
  let large = 0;
  for (let leaf = 0; leaf < leafCount; leaf++) large += isPerson(leaf);
  const levels: Level[] = [];
  for (let merges = 0; merges <= heights.length; merges++) {
    if (merges > 0) {
      const merge = merges - 1;
      large += isPerson(leafCount + merge) - isPerson(firsts[merge]) - isPerson(seconds[merge]);
    }
    const from = merges === 0 ? Number.NEGATIVE_INFINITY : heights[merges - 1];
    const to = merges === heights.length ? Number.POSITIVE_INFINITY : heights[merges];
    if (to <= from) continue;
    levels.push({ merges, people: Math.max(1, large), from, to, mass: below(to) - below(from) });
  }
  return levels;
}

function fewestSessions(sessions: number, share: number): number {
  return Math.max(personSessionsMin, share * sessions);
}

function probabilitiesOf(levels: readonly Level[]): number[] {
  const masses: number[] = [];
  for (const { people, mass } of levels) {
    while (masses.length < people) masses.push(0);
    masses[people - 1] += mass;
  }
  while (masses[masses.length - 1] < probabilityMin) masses.pop();
  const sum = masses.reduce((total, mass) => total + mass, 0);
  return masses.map((mass) => mass / sum);
}

function likeliest(levels: readonly Level[]): Level {
  return levels.reduce((best, level) => (level.mass > best.mass ? level : best));
}

interface Clusters {
  /** Of each session, from 0 in any order. */
  readonly labels: Int32Array;
  /** Sessions of clusters that were too small. */
  readonly strays: number;
}

/** The large clusters, with each of the other sessions in the nearest of them. */
function personsAfter(rows: CategoricalRows, tree: Dendrogram, merges: number): Clusters {
  const labels = labelsAfter(tree, merges);
  const sizes = new Int32Array(labels.length);
  for (const label of labels) sizes[label]++;
  const least = fewestSessions(labels.length, calibrated.share);
  const numberOf = new Map<number, number>();
  for (const label of labels) {
    const isLarge = sizes[label] >= least;
    if (isLarge && !numberOf.has(label)) numberOf.set(label, numberOf.size);
  }
  if (numberOf.size === 0) return { labels: new Int32Array(labels.length), strays: 0 };
  const large = labels.map((label) => numberOf.get(label) ?? -1);
  const tables = clusterTables(rows, large);
  let strays = 0;
  const complete = large.map((label, session) => {
    if (label >= 0) return label;
    strays++;
    const nearest = nearestCluster(tables, rowOf(rows.codes, session));
    assert(nearest !== undefined, "without a cut there is a nearest cluster");
    return nearest.cluster;
  });
  return { labels: complete, strays };
}

/** Persons by their first session. */
function numbered(
  rows: CategoricalRows,
  labels: Int32Array,
): { persons: Uint16Array; confidences: Float32Array } {
  const numberOf = new Map<number, number>();
  for (const label of labels) if (!numberOf.has(label)) numberOf.set(label, numberOf.size);
  const clusters = labels.map((label) => numberOf.get(label) ?? 0);
  const tables = clusterTables(rows, clusters);
  const confidences = Float32Array.from(clusters, (cluster, session) =>
    shareOf(cluster, clusterDistances(tables, rowOf(rows.codes, session))),
  );
  return { persons: Uint16Array.from(clusters, (cluster) => cluster + 1), confidences };
}

/**
 * How sure it is that a session is of this cluster: by how much nearer it is to it than to the nearest other, b / (a + b) for mean distances a and
 * b; 1 where there is no other. It may be nearer to another, as linkage goes by clusters; it is there all the same, with the least that is told.
 */
function shareOf(cluster: number, distances: Float64Array): number {
  if (distances.length === 1) return 1;
  const own = distances[cluster];
  const other = distances.reduce(
    (least, distance, at) => (at === cluster ? least : Math.min(least, distance)),
    Number.POSITIVE_INFINITY,
  );
  return Math.max(own + other === 0 ? 0.5 : other / (own + other), 1e-4);
}

function wordsOf(people: number, { from, to }: Level, strays: number): string {
  const clauses = [
    people === 1
      ? "sessions make one cluster"
      : `sessions make ${people} clusters, ${Math.min(to, 1).toFixed(2)} apart or more on average`,
    ...(from > 0 ? [`joined at ${from.toFixed(2)} or less`] : []),
    ...(strays > 0 ? [`${strays} in clusters too small for a person`] : []),
    "by device, place and time of use alone",
  ];
  return clauses.join("; ");
}
