import { TopList, withRoom } from "../core/index.ts";
import type { AccountHistory } from "./accountHistories.ts";
import type { StreamState } from "./streamState.ts";
import { takersMax } from "./takers.ts";

/** As many of what an account wanted last as co-occurrence looks at. */
const recentMax = 20;

export interface AccountNeighbour {
  readonly account: string;
  /**
   * |A ∩ B| / √(|A| |B|): A the last 20 items that the one account wanted, B the last 64 of the other. Above 0, at
   * most 1.
   */
  readonly cosine: number;
  /** Of the neighbour. Changes with the next event: do not keep it. */
  readonly history: AccountHistory;
}

/**
 * Accounts that wanted what an account wanted lately: the nearest, by cosine, among those that wanted any of its last 20
 * items last (16 of each item). Exact for items that few want; of an item that many want, the latest stand for all.
 *
 * O(20 × 16 × 64) a question. Holds scratch space; one question at a time.
 *
 * Source of the idea: Ludewig and Jannach, "Evaluation of session-based recommendation algorithms", UMUAI 2018, who sample
 * the most recent of the sessions that share an item.
 */
export class AccountNeighbours {
  readonly #state: StreamState;
  /** By item and by slot: the number of the question that marked it last. */
  #recent = new Float64Array(0);
  #met = new Float64Array(0);
  #question = 0;
  readonly #slots: number[] = [];
  readonly #top = new TopList(recentMax * takersMax);

  constructor(state: StreamState) {
    this.#state = state;
  }

  /** The nearest `count`, most alike first; none of an account that wanted nothing. */
  of(account: string, count: number): AccountNeighbour[] {
    const { histories, items, takers } = this.#state;
    const question = ++this.#question;
    this.#recent = withRoom(this.#recent, items.count);
    this.#met = withRoom(this.#met, histories.slotCount);
    const { wanted } = histories.of(account);
    const recent = wanted.slice(-recentMax);
    for (const item of recent) this.#recent[item] = question;
    const slots = this.#slots;
    slots.length = 0;
    for (let i = recent.length - 1; i >= 0; i--) takers.addTo(slots, recent[i]);
    const own = histories.slotOf(account);
    this.#top.begin(count);
    for (const slot of slots) {
      if (slot === own || this.#met[slot] === question) continue;
      this.#met[slot] = question;
      const cosine = this.#cosineTo(slot, recent.length);
      if (cosine > 0) this.#top.add(slot, cosine);
    }
    return Array.from(this.#top.take(), (slot) => ({
      account: histories.nameAt(slot),
      cosine: this.#cosineTo(slot, recent.length),
      history: histories.at(slot),
    }));
  }

  #cosineTo(slot: number, recentCount: number): number {
    const { wanted } = this.#state.histories.at(slot);
    let shared = 0;
    for (const item of wanted) if (this.#recent[item] === this.#question) shared++;
    return shared === 0 ? 0 : shared / Math.sqrt(recentCount * wanted.length);
  }
}
