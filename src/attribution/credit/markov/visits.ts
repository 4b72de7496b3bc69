import { assert } from "../../../core/index.ts";
import type { Chain } from "./chain.ts";
import { type Components, componentsOf } from "./components.ts";
import { eliminate } from "./eliminate.ts";
import { type Groups, groupsOf } from "./groups.ts";
import { visitedByHalves } from "./halves.ts";
import { upperBound } from "./upperBound.ts";

/** So many channels are solved for at once: they share the reading of the chain. At most 28, as bits. */
const blockMax = 16;
/** Components up to this many multiplications are eliminated; larger ones are iterated, which is faster. */
const eliminationMax = 3e7;
/** Where iterating is not exact enough, components up to this many states are eliminated after all: 128 MB. */
const denseMax = 4000;
/** Chains of order 1 up to this many channels are eliminated half by half: 10 s. */
const halvesMax = 2000;
/** Relative error that is allowed; the bound of it is proven, see `visitedShares`. */
const errorMax = 1e-10;
const sweepsMax = 2000;

/** What share of the conversions, and of their value, visited each channel; (channels) each. */
export interface VisitedShares {
  readonly conversions: Float64Array;
  readonly values: Float64Array;
  /** The largest relative error that either of them can have, but for rounding. */
  readonly errorBound: number;
}

/**
 * The removal effect of each channel, which is the probability that it was visited, given the conversion: what is left when its states
 * lead nowhere is what did not visit it.
 *
 * It is computed backwards in time. Seen from its end, a path of the chain is again a chain: what was before a state s was i with
 * probability n(i→s)/N(s), where n counts moves and N visits. With η(s), the probability that x was visited up to s,
 *
 * ```
 *   η(s) = 1 where s has x, else Σ_i n(i→s)/N(s) · η(i)        RE(x) = Σ_s c(s) η(s) / Σ_s c(s)
 * ```
 *
 * where c(s) are the conversions at s; their value gives the effect on value from the same η. Nothing is subtracted, so that small
 * effects are as exact as large ones, and loops that hardly ever end are no difficulty.
 *
 * In a chain of order 1 each state is one channel, and `visitedByHalves` does all of them together. Else, components of the chain are
 * solved one after the other, the earliest first: small ones by elimination without subtraction, large ones by Gauss–Seidel sweeps with
 * corrections of groups of states (`groupsOf`). What the sweeps leave as residual ρ moves Σ c η by at most Σ_s N(s) h(s) |ρ(s)|, h(s) being the
 * probability of a conversion after s: that is the bound. It is checked, and where it is above 1e-10, the component is eliminated, or swept
 * further.
 */
export function visitedShares(chain: Chain): VisitedShares {
  const { channelCount, stateCount } = chain;
  const result = {
    conversions: new Float64Array(channelCount),
    values: new Float64Array(channelCount),
    errorBound: 0,
  };
  if (chain.order === 1 && stateCount <= halvesMax) {
    const byState = {
      conversions: new Float64Array(stateCount),
      values: new Float64Array(stateCount),
    };
    visitedByHalves(chain, byState);
    for (const [state, channel] of chain.channels.entries()) {
      result.conversions[channel] = byState.conversions[state];
      result.values[channel] = byState.values[state];
    }
    return result;
  }
  const components = componentsOf(chain);
  const visits = visitsOf(chain);
  let bounds: Bounds | undefined;
  for (let first = 0; first < channelCount; first += blockMax) {
    const width = Math.min(blockMax, Math.ceil((channelCount - first) / 4) * 4);
    const block: Block = {
      first,
      width,
      hits: hitsOf(chain, first, width),
      eta: new Float64Array(stateCount * width),
    };
    let error = 0;
    for (const effort of [0, 1] as const) {
      let swept = false;
      for (let component = 0; component < components.count; component++) {
        if (solve(chain, components, component, visits, block, effort)) swept = true;
      }
      addShares(chain, block, result);
      if (swept) bounds ??= boundsOf(chain, components, visits);
      error = bounds !== undefined && swept ? errorOf(chain, visits, bounds, block, result) : 0;
      if (error <= errorMax) break;
    }
    result.errorBound = Math.max(result.errorBound, error);
  }
  return result;
}

/** Channels first to first + width − 1; a width that 4 divides, so that the last ones may be none. */
interface Block {
  readonly first: number;
  readonly width: number;
  /** (states): bit b is set where the state has channel first + b. */
  readonly hits: Uint32Array;
  /** (states, width). */
  readonly eta: Float64Array;
}

function visitsOf({ stateCount, starts, counts, begins }: Chain): Float64Array {
  return Float64Array.from({ length: stateCount }, (_, state) => {
    let visits = begins[state];
    for (let at = starts[state]; at < starts[state + 1]; at++) visits += counts[at];
    return visits;
  });
}

function hitsOf(chain: Chain, first: number, width: number): Uint32Array {
  const { stateCount, windowStarts, channels } = chain;
  return Uint32Array.from({ length: stateCount }, (_, state) => {
    let bits = 0;
    for (let at = windowStarts[state]; at < windowStarts[state + 1]; at++) {
      const channel = channels[at] - first;
      if (channel >= 0 && channel < width) bits |= 1 << channel;
    }
    return bits;
  });
}

/** True where it was swept, so that its error is to be bounded. */
function solve(
  chain: Chain,
  { states, starts }: Components,
  component: number,
  visits: Float64Array,
  block: Block,
  effort: 0 | 1,
): boolean {
  const members = states.subarray(starts[component], starts[component + 1]);
  const size = members.length;
  if (size === 1) {
    sweep(chain, members, visits, block);
    return false;
  }
  const isEliminated =
    (size ** 3 / 3) * block.width <= eliminationMax || (effort === 1 && size <= denseMax);
  if (isEliminated) {
    eliminate(chain, members, block);
    return false;
  }
  iterate(chain, members, visits, block, effort === 0 ? 1e-13 : 1e-16);
  return true;
}

/** One Gauss–Seidel sweep; gives the largest relative change. Four channels at a time, in registers. */
function sweep(
  { starts, from, counts }: Chain,
  members: Int32Array,
  visits: Float64Array,
  { width, hits, eta }: Block,
): number {
  let change = 0;
  for (let index = 0; index < members.length; index++) {
    const state = members[index];
    const begin = starts[state];
    const end = starts[state + 1];
    const total = visits[state];
    for (let b = 0; b < width; b += 4) {
      let one = 0;
      let two = 0;
      let three = 0;
      let four = 0;
      for (let at = begin; at < end; at++) {
        const count = counts[at];
        const place = from[at] * width + b;
        one += count * eta[place];
        two += count * eta[place + 1];
        three += count * eta[place + 2];
        four += count * eta[place + 3];
      }
      const place = state * width + b;
      const bits = hits[state] >>> b;
      change = put(eta, place, (bits & 1) === 1 ? 1 : one / total, change);
      change = put(eta, place + 1, (bits & 2) === 2 ? 1 : two / total, change);
      change = put(eta, place + 2, (bits & 4) === 4 ? 1 : three / total, change);
      change = put(eta, place + 3, (bits & 8) === 8 ? 1 : four / total, change);
    }
  }
  return change;
}

/** Gives the largest relative change so far, with this one. */
function put(eta: Float64Array, place: number, value: number, change: number): number {
  const moved = Math.abs(value - eta[place]);
  eta[place] = value;
  return moved > change * value ? moved / value : change;
}

/** Sweeps until what is still to come is below `tolerance`, by the rate at which the changes shrink. */
function iterate(
  chain: Chain,
  members: Int32Array,
  visits: Float64Array,
  block: Block,
  tolerance: number,
): void {
  let groups: Groups | undefined;
  let before = Number.POSITIVE_INFINITY;
  for (let count = 1; count <= sweepsMax; count++) {
    const change = sweep(chain, members, visits, block);
    if (change <= 2 ** -52) return;
    const rate = change / before; // 0 where the last sweep tells nothing
    before = change;
    if (rate > 0 && rate < 1 && (change * rate) / (1 - rate) <= tolerance) return;
    // Sweeps are slow where a path stays long in the component: groups of states are then too low by a common factor.
    if (count % 4 !== 0 || rate < 0.4) continue;
    groups ??= groupsOf(chain, members, visits);
    scaleGroups(chain, members, visits, block, groups);
    before = Number.POSITIVE_INFINITY;
  }
}

/**
 * Multiplies η within each group of states by a factor, so that the equations hold for the sums over groups (iterative aggregation;
 * Chatelin and Miranker, 1982).
 */
function scaleGroups(
  { starts, from, counts }: Chain,
  members: Int32Array,
  visits: Float64Array,
  { width, hits, eta }: Block,
  { count: groups, of: groupOf }: Groups,
): void {
  const outside = groups; // the column of what comes from elsewhere, and of states that have the channel: the right side
  // (groups, groups + 1, width): what the η of a group weighs, less what it has of the others.
  const columns = groups + 1;
  const matrix = new Float64Array(groups * columns * width);
  for (const state of members) {
    const group = groupOf[state];
    const row = group * columns * width;
    const bits = hits[state];
    for (let b = 0; b < width; b++) {
      if (((bits >>> b) & 1) === 1) continue;
      matrix[row + group * width + b] += visits[state] * eta[state * width + b];
    }
    for (let at = starts[state]; at < starts[state + 1]; at++) {
      const before = from[at];
      const count = counts[at];
      const bitsBefore = hits[before];
      const inside = row + groupOf[before] * width;
      const right = row + outside * width;
      for (let b = 0; b < width; b++) {
        const weight = ((bits >>> b) & 1) === 1 ? 0 : count * eta[before * width + b];
        if (inside === right || ((bitsBefore >>> b) & 1) === 1) matrix[right + b] += weight;
        else matrix[inside + b] -= weight;
      }
    }
  }
  const one = new Float64Array(groups * columns);
  for (let b = 0; b < width; b++) {
    for (let at = 0; at < one.length; at++) one[at] = matrix[at * width + b];
    const factors = solveSmall(one, groups);
    if (factors === undefined) continue;
    for (const state of members) {
      if (((hits[state] >>> b) & 1) === 0) eta[state * width + b] *= factors[groupOf[state]];
    }
  }
}

/**
 * Gauss–Jordan elimination of (size, size + 1) with the diagonal as pivots. Undefined where a factor is not above 0: it only speeds things up.
 */
function solveSmall(matrix: Float64Array, size: number): Float64Array | undefined {
  const row = size + 1;
  for (let pivot = 0; pivot < size; pivot++) {
    const diagonal = matrix[pivot * row + pivot];
    if (diagonal <= 0) continue; // an empty group
    for (let other = 0; other < size; other++) {
      const factor = matrix[other * row + pivot] / diagonal;
      if (other === pivot || factor === 0) continue;
      for (let at = pivot; at < row; at++)
        matrix[other * row + at] -= factor * matrix[pivot * row + at];
    }
  }
  const factors = new Float64Array(size).fill(1);
  for (let group = 0; group < size; group++) {
    const diagonal = matrix[group * row + group];
    if (diagonal === 0) continue;
    factors[group] = matrix[group * row + size] / diagonal;
    if (!(factors[group] > 0 && factors[group] < 1e300)) return undefined;
  }
  return factors;
}

function addShares(chain: Chain, { first, width, eta }: Block, result: VisitedShares): void {
  const { stateCount, conversions, values } = chain;
  const used = Math.min(width, result.conversions.length - first);
  result.conversions.fill(0, first, first + used);
  result.values.fill(0, first, first + used);
  for (let state = 0; state < stateCount; state++) {
    for (let b = 0; b < used; b++) {
      const visited = eta[state * width + b];
      result.conversions[first + b] += conversions[state] * visited;
      result.values[first + b] += values[state] * visited;
    }
  }
}

interface Bounds {
  /** (states): at least the conversions that come of a visit, and their value without its sign. */
  readonly conversions: Float64Array;
  readonly values: Float64Array;
}

function boundsOf(chain: Chain, components: Components, visits: Float64Array): Bounds {
  return {
    conversions: upperBound(chain, components, visits, chain.conversions),
    values: upperBound(chain, components, visits, chain.values.map(Math.abs)),
  };
}

function errorOf(
  { stateCount, starts, from, counts }: Chain,
  visits: Float64Array,
  bounds: Bounds,
  { first, width, hits, eta }: Block,
  result: VisitedShares,
): number {
  const errors = new Float64Array(2 * width);
  const sums = new Float64Array(width);
  for (let state = 0; state < stateCount; state++) {
    sums.fill(0);
    for (let at = starts[state]; at < starts[state + 1]; at++) {
      for (let b = 0; b < width; b++) sums[b] += counts[at] * eta[from[at] * width + b];
    }
    for (let b = 0; b < width; b++) {
      if (((hits[state] >>> b) & 1) === 1) continue;
      const residual = Math.abs(sums[b] - visits[state] * eta[state * width + b]);
      errors[b] += residual * bounds.conversions[state];
      errors[width + b] += residual * bounds.values[state];
    }
  }
  let largestError = 0;
  for (let b = 0; b < width; b++) {
    const relative = [
      errors[b] / result.conversions[first + b],
      errors[width + b] / Math.abs(result.values[first + b]),
    ];
    for (const error of relative) {
      if (Number.isFinite(error)) largestError = Math.max(largestError, error);
    }
  }
  assert(largestError >= 0, "an error is a number");
  return largestError;
}
