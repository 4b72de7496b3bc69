import { Random } from "../core/index.ts";

/** How lists are varied, so that what is not shown is learned of, too. */
export interface ExplorationOptions {
  /**
   * The policy that fills a place: the best (`none`); the best of scores that are drawn anew for each place, the
   * less sure the fewer times an item was shown (`thompson`).
   */
  readonly policy: "none" | "thompson";
  /** Of an item that was never shown: standard deviation of the logarithm of its score; above 0. */
  readonly spread: number;
  /** Share of places that any candidate may get, all alike; 0 to 1. */
  readonly epsilon: number;
  /** A place for items that were shown less than `shownMax` times, drawn evenly; with probability `share`. */
  readonly newItems: {
    readonly share: number;
    /** From 0. */
    readonly place: number;
    readonly shownMax: number;
  };
}

/** Whether chance has a part in lists that are varied so. */
export function isChance({ policy, epsilon, newItems }: ExplorationOptions): boolean {
  return policy !== "none" || epsilon > 0 || newItems.share > 0;
}

/** One that may come to a place. */
export interface Contender {
  /** Logarithm of its score, diversity taken off. */
  readonly merit: number;
  /** How often it was shown. */
  readonly shownCount: number;
}

export interface Choice {
  /** Of the contender. */
  readonly index: number;
  /** The probability with which it was chosen, of these contenders; above 0, at most 1. */
  readonly propensity: number;
}

/** So many impressions halve the variance of what is thought of an item. */
const shownHalf = 20;
/** Thompson's draw is among so many, of the highest merit + 2 deviations: propensities cost in proportion. */
const drawnMax = 32;
/** Of the integral, over ± 6 deviations: the error is below 1e-6 where deviations are within a factor of 20. */
const points = 192;
const reach = 6;

/**
 * Fills places of a list by chance, with probabilities that are known.
 *
 * At each place one of these is at work, by the odds that the options say; the propensity of what comes is the sum
 * over all of them of the odds that they had chosen it:
 *
 * ```
 * p(i) = (1 − ν)·[(1 − ε)·base(i) + ε / n] + ν·[i is new] / n_new        ν only at the place for new items
 * base: 1 for the best; or, for Thompson's, the probability that i's draw is the highest:
 *       ∫ φ(z) Π_{j≠i} Φ((m_i + s_i z − m_j) / s_j) dz                   m merit, s = spread / √(1 + shown / 20)
 * ```
 *
 * Draws are anew for each place, so that the propensity of a place is of the list before it alone. Sources:
 * Thompson, "On the likelihood that one unknown probability exceeds another", Biometrika 1933; Chapelle and Li,
 * "An empirical evaluation of Thompson sampling", NeurIPS 2011.
 */
export class Explorer {
  readonly #options: ExplorationOptions;
  readonly #random = new Random(0);

  constructor(options: ExplorationOptions) {
    this.#options = options;
  }

  /** The same seed makes the same choices. */
  seed(seed: number): void {
    this.#random.seed(seed);
  }

  /** Who comes to the place. O(contenders), and O(32 · 192) for Thompson's. @param contenders at least one. */
  choose(place: number, contenders: readonly Contender[]): Choice {
    const { epsilon, newItems } = this.#options;
    const fresh =
      newItems.share > 0 && place === newItems.place
        ? indexesOf(contenders, ({ shownCount }) => shownCount < newItems.shownMax)
        : [];
    const freshShare = fresh.length > 0 ? newItems.share : 0;
    const base = this.#base(contenders);
    let index: number;
    if (this.#random.uniform() < freshShare) index = fresh[this.#random.below(fresh.length)];
    else if (this.#random.uniform() < epsilon) index = this.#random.below(contenders.length);
    else index = base.draw();
    const usual = (1 - epsilon) * base.probabilityOf(index) + epsilon / contenders.length;
    const ofFresh = fresh.includes(index) ? 1 / fresh.length : 0;
    return { index, propensity: (1 - freshShare) * usual + freshShare * ofFresh };
  }

  #base(contenders: readonly Contender[]): Base {
    if (this.#options.policy === "thompson") {
      return thompson(contenders, this.#options.spread, this.#random);
    }
    const best = bestOf(contenders.map(({ merit }) => merit));
    return { draw: () => best, probabilityOf: (index) => Number(index === best) };
  }
}

interface Base {
  readonly draw: () => number;
  readonly probabilityOf: (index: number) => number;
}

function thompson(contenders: readonly Contender[], spread: number, random: Random): Base {
  const deviationOf = ({ shownCount }: Contender): number =>
    spread / Math.sqrt(1 + shownCount / shownHalf);
  const drawn = [...contenders.keys()];
  if (drawn.length > drawnMax) {
    const hope = contenders.map((it) => it.merit + 2 * deviationOf(it));
    drawn.sort((a, b) => hope[b] - hope[a]);
    drawn.length = drawnMax;
  }
  const merits = drawn.map((index) => contenders[index].merit);
  const deviations = drawn.map((index) => deviationOf(contenders[index]));
  return {
    draw: () =>
      drawn[bestOf(merits.map((merit, i) => merit + deviations[i] * standardNormal(random)))],
    probabilityOf: (index) => {
      const place = drawn.indexOf(index);
      return place < 0 ? 0 : probabilityOfHighest(place, merits, deviations);
    },
  };
}

/**
 * The probability that a draw of the one is above those of all others, normal each. By the trapezoidal rule, whose
 * error falls exponentially for such integrands. O(192 · contenders).
 */
export function probabilityOfHighest(
  one: number,
  means: readonly number[],
  deviations: readonly number[],
): number {
  const step = (2 * reach) / points;
  let sum = 0;
  for (let point = 0; point <= points; point++) {
    const z = -reach + point * step;
    const draw = means[one] + deviations[one] * z;
    let product = Math.exp(-0.5 * z * z);
    for (let other = 0; other < means.length && product > 1e-12; other++) {
      if (other !== one) product *= normalCdf((draw - means[other]) / deviations[other]);
    }
    sum += product;
  }
  return Math.min(1, (sum * step) / Math.sqrt(2 * Math.PI));
}

/**
 * Φ to 7.5e-8: Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.2.17.
 */
function normalCdf(x: number): number {
  if (x > reach) return 1;
  if (x < -reach) return 0;
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const polynomial =
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = polynomial * Math.exp(-0.5 * x * x) * 0.3989422804014327;
  return x >= 0 ? 1 - tail : tail;
}

/** Box and Muller's. */
function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
}

/** The first of the highest. */
function bestOf(values: readonly number[]): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

function indexesOf<T>(list: readonly T[], holds: (one: T) => boolean): number[] {
  return [...list.keys()].filter((index) => holds(list[index]));
}
