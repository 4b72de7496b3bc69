import { withRoom } from "../core/index.ts";
import { auc, hitAt, logLoss, ndcgAt, reciprocalRank } from "../model/index.ts";

/** Means over the evaluated events; null where it is not defined. */
export interface Metrics {
  readonly "hit@10": number | null;
  readonly "ndcg@10": number | null;
  /** Mean reciprocal rank within the 10; beyond them counts as 0. */
  readonly mrr: number | null;
  readonly auc: number | null;
  readonly logloss: number | null;
}

/** The length of the list that is asked for. */
export const listLength = 10;

/** Adds up how one recommender does. */
export class Scoreboard {
  #eventCount = 0;
  #hits = 0;
  #gains = 0;
  #reciprocals = 0;
  #losses = 0;
  #lossCount = 0;
  #scores = new Float64Array(0);
  #labels = new Float64Array(0);
  #scoreCount = 0;

  /** @param place of the event's item in the list, from 0; -1 if it is not in it. */
  addPlace(place: number): void {
    this.#eventCount++;
    this.#hits += hitAt(place, listLength);
    this.#gains += ndcgAt(place, listLength);
    this.#reciprocals += hitAt(place, listLength) * reciprocalRank(place);
  }

  /** Scores of the event's item and of one drawn from the others. */
  addPair(positive: number, negative: number): void {
    this.#scores = withRoom(this.#scores, this.#scoreCount + 2);
    this.#labels = withRoom(this.#labels, this.#scoreCount + 2);
    this.#scores[this.#scoreCount] = positive;
    this.#labels[this.#scoreCount] = 1;
    this.#scores[this.#scoreCount + 1] = negative;
    this.#scoreCount += 2;
  }

  /** Predicted probabilities of the same two. */
  addPredictions(positive: number, negative: number): void {
    this.#losses += logLoss(positive, 1) + logLoss(negative, 0);
    this.#lossCount += 2;
  }

  get hitRate(): number {
    return this.#eventCount === 0 ? 0 : this.#hits / this.#eventCount;
  }

  /** O(n log n) for the area under the curve. */
  metrics(): Metrics {
    const mean = (sum: number, count: number): number | null => (count === 0 ? null : sum / count);
    return {
      "hit@10": mean(this.#hits, this.#eventCount),
      "ndcg@10": mean(this.#gains, this.#eventCount),
      mrr: mean(this.#reciprocals, this.#eventCount),
      auc:
        this.#scoreCount === 0
          ? null
          : auc(
              this.#scores.subarray(0, this.#scoreCount),
              this.#labels.subarray(0, this.#scoreCount),
            ),
      logloss: mean(this.#losses, this.#lossCount),
    };
  }
}
