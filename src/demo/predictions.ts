import { hourMs } from "../core/index.ts";
import { auc } from "../model/index.ts";

/** Impressions that one AUC is of: about two days of 120 accounts; the standard error is then below 0.01. */
export const windowMax = 10_000;
/** By then it is known whether an impression was played: a list is looked through in less. */
const settledAfterMs = hourMs;

/** By whom it is said. `truth` decided what was played; `popular` is how much a song is played of late, whoever listens. */
export const foretellers = ["truth", "live", "frozen", "popular"] as const;
export type Foreteller = (typeof foretellers)[number];
export type Foretold = Readonly<Record<Foreteller, number>>;

interface Impression {
  readonly time: number;
  readonly foretold: Foretold;
  isPlayed: boolean;
}

/**
 * What was said of impressions before they were shown, and which of them were played: the area under the ROC curve of each who foretold them, over
 * the same, latest impressions.
 */
export class Predictions {
  /** By place in a served list, until it is known what came of it. */
  readonly #open = new Map<string, Impression>();
  readonly #settled: Impression[] = [];
  #count = 0;

  /** Impressions whose outcome is known, ever. */
  get count(): number {
    return this.#count;
  }

  show(request: string, position: number, time: number, foretold: Foretold): void {
    this.#open.set(`${request} ${position}`, { time, foretold, isPlayed: false });
  }

  play(request: string, position: number): void {
    const impression = this.#open.get(`${request} ${position}`);
    if (impression !== undefined) impression.isPlayed = true;
  }

  /** What was shown long enough before this moment is taken for known. */
  settle(now: number): void {
    for (const [key, impression] of this.#open) {
      if (impression.time > now - settledAfterMs) break; // in order of time
      this.#open.delete(key);
      this.#settled.push(impression);
      this.#count++;
    }
    if (this.#settled.length > windowMax) this.#settled.splice(0, this.#settled.length - windowMax);
  }

  /** Undefined before something was played and something was not. O(n log n) of the window. */
  auc(): Foretold | undefined {
    const labels = this.#settled.map(({ isPlayed }) => (isPlayed ? 1 : 0));
    if (new Set(labels).size < 2) return undefined;
    const of = (who: Foreteller): number =>
      auc(
        this.#settled.map(({ foretold }) => foretold[who]),
        labels,
      );
    return {
      truth: of("truth"),
      live: of("live"),
      frozen: of("frozen"),
      popular: of("popular"),
    };
  }
}
