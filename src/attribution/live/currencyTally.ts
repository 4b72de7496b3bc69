/** Its currency is empty where it gave no amount, or none of one. */
interface Counted {
  readonly currency: string;
}

/** In which currencies the amounts are that count, kept as they come and go: to look at all of them for it takes as long as a report. */
export class CurrencyTally {
  /** How many, by currency. */
  readonly #ofTouches = new Map<string, number>();
  /** The same by event. */
  readonly #ofConversions = new Map<string, Map<string, number>>();

  /** @param change 1: it came; −1: it went. */
  countTouch({ currency }: Counted, change: 1 | -1): void {
    count(this.#ofTouches, currency, change);
  }

  countConversion({ event, currency }: Counted & { readonly event: string }, change: 1 | -1): void {
    if (currency === "") return;
    const ofEvent = this.#ofConversions.get(event) ?? new Map<string, number>();
    this.#ofConversions.set(event, ofEvent);
    count(ofEvent, currency, change);
  }

  /** Of what touches cost, and of the values of these events. */
  of(events: Iterable<string>): string[] {
    const found = new Set(this.#ofTouches.keys());
    for (const event of events) {
      for (const currency of this.#ofConversions.get(event)?.keys() ?? []) found.add(currency);
    }
    return [...found];
  }
}

function count(counts: Map<string, number>, currency: string, change: 1 | -1): void {
  if (currency === "") return;
  const now = (counts.get(currency) ?? 0) + change;
  if (now === 0) counts.delete(currency);
  else counts.set(currency, now);
}
