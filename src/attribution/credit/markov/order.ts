import { FixedSums } from "../../fixedSums.ts";
import type { PathTable } from "../pathCounts.ts";
import { Sequences } from "../sequences.ts";

/** Points of the curve that the area is taken under. */
const thresholdCount = 100;
/** Longer windows have been of no use on any data that we know of: each is near to a path of its own. */
const orderMax = 10;

export interface OrderScore {
  readonly order: number;
  /** Area under the curve of converting paths that are found against nulls that are taken for such, by threshold. */
  readonly auc: number;
  /** The area less what the number of states alone would bring; 0 where that is more than there is. */
  readonly penalisedAuc: number;
}

export interface OrderChoice {
  /** The one with the largest penalised area; of equal ones the smallest. 1 where nothing can be told. */
  readonly order: number;
  readonly scores: readonly OrderScore[];
}

/**
 * How long a memory the paths ask for: each path is scored by the share of conversions among the paths that end in the same state.
 *
 * penalised AUC = 1 − (1 − AUC)(N − 1)/(N − M − 1), N = conversions + nulls, M = C(channels + order − 1, order). Orders whose M is not
 * below N are left out. It is what ChannelAttribution's `choose_order` computes, but for fractional conversions, which count here.
 * O(touches · orders).
 */
export function chooseOrder(table: PathTable, orders = orderMax): OrderChoice {
  const conversions = totalOf(table, table.conversions);
  const nulls = totalOf(table, table.nulls);
  const total = conversions + nulls;
  const scores: OrderScore[] = [];
  for (let order = 1; order <= orders; order++) {
    const states = combinations(table.channels.length + order - 1, order);
    if (states >= total || conversions === 0 || nulls === 0) continue;
    const auc = areaOf(endings(table, order), conversions, nulls);
    const penalised = 1 - ((1 - auc) * (total - 1)) / (total - states - 1);
    const penalisedAuc = penalised >= 0 && penalised <= 1 ? penalised : 0;
    scores.push({ order, auc, penalisedAuc });
  }
  let best: OrderScore | undefined;
  for (const score of scores) {
    if (best === undefined || score.penalisedAuc > best.penalisedAuc) best = score;
  }
  return { order: best?.order ?? 1, scores };
}

interface Ending {
  readonly conversions: number;
  readonly nulls: number;
}

/** Of each last state, what the paths came to that end there. */
function endings({ count, starts, touches, ...table }: PathTable, order: number): Ending[] {
  const states = new Sequences();
  const conversions = new FixedSums();
  const nulls = new FixedSums();
  for (let row = 0; row < count; row++) {
    if (starts[row] === starts[row + 1]) continue;
    const from = Math.max(starts[row], starts[row + 1] - order);
    const state = states.numberOf(touches, from, starts[row + 1]);
    conversions.add(state, table.conversions[row]);
    nulls.add(state, table.nulls[row]);
  }
  const found: Ending[] = [];
  for (let state = 0; state < states.count; state++) {
    found.push({ conversions: conversions.at(state), nulls: nulls.at(state) });
  }
  return found;
}

/** By trapezia, over thresholds at equal distances from the largest share to the smallest. */
function areaOf(endings: readonly Ending[], conversions: number, nulls: number): number {
  const scored = endings.map((ending) => {
    const all = ending.conversions + ending.nulls;
    return { ...ending, share: all > 0 ? ending.conversions / all : 0 };
  });
  scored.sort((one, other) => other.share - one.share || one.conversions - other.conversions);
  const most = scored[0].share;
  const least = scored[scored.length - 1].share;
  let at = 0;
  let found = 0;
  let mistaken = 0;
  let area = 0;
  let [rateBefore, falseBefore] = [0, 0];
  for (let step = thresholdCount - 1; step >= 0; step--) {
    const threshold = least + (step * (most - least)) / (thresholdCount - 1);
    for (; at < scored.length && scored[at].share >= threshold; at++) {
      found += scored[at].conversions;
      mistaken += scored[at].nulls;
    }
    const rate = found / conversions;
    const falseRate = mistaken / nulls;
    area += ((falseRate - falseBefore) * (rate + rateBefore)) / 2;
    [rateBefore, falseBefore] = [rate, falseRate];
  }
  return area + ((1 - falseBefore) * (1 + rateBefore)) / 2;
}

function totalOf({ count, starts }: PathTable, amounts: Float64Array): number {
  const sum = new FixedSums(1);
  for (let row = 0; row < count; row++) {
    if (starts[row] < starts[row + 1]) sum.add(0, amounts[row]);
  }
  return sum.at(0);
}

function combinations(of: number, taken: number): number {
  let product = 1;
  for (let at = 1; at <= taken; at++) product = (product * (of - taken + at)) / at;
  return Math.round(product);
}
