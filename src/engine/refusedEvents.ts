import { type Refusal, renderText } from "../event/index.ts";

/** A screen or two. */
const keptMax = 100;
/** Senders choose the names of fields, so there must be an end. */
const fieldsMax = 100;
/** Stands for the names beyond. */
const otherFields = "(others)";

/** An event that was not taken, and why. */
export interface RefusedEvent extends Omit<Refusal, "came"> {
  /** Not there where accounts are kept under pseudonyms: it may be somebody's name. */
  readonly came?: string;
  /** When it came, epoch milliseconds. */
  readonly time: number;
  /** What it said of itself, shortened; not there where it said nothing. */
  readonly type?: string;
  readonly source?: string;
}

export interface RefusedReport {
  /** When counting began, epoch milliseconds: with the engine. */
  readonly since: number;
  readonly count: number;
  /** By the first wrong field, the most often first; beyond 100 names the rest together. */
  readonly fields: readonly { readonly field: string; readonly count: number }[];
  /** The latest 100, the latest first. */
  readonly events: readonly RefusedEvent[];
}

interface Options {
  readonly now: () => number;
  /** Whether what came may be kept. */
  readonly areNamesKept: boolean;
}

/**
 * The latest events that were refused, and how many by field: in memory alone, gone with the process.
 *
 * Costs nothing while events are good. Of a flood of bad ones each is counted, and of a batch no more than the last 100 are looked at.
 */
export class RefusedEvents {
  readonly #options: Options;
  readonly #since: number;
  readonly #counts = new Map<string, number>();
  #count = 0;
  /** The oldest first. */
  #kept: RefusedEvent[] = [];

  constructor(options: Options) {
    this.#options = options;
    this.#since = options.now();
  }

  /** @param sent what came at a place of the batch. */
  note(refused: readonly Refusal[], sent: (index: number) => unknown): void {
    this.#count += refused.length;
    for (const { field } of refused) {
      const isNew = !this.#counts.has(field) && this.#counts.size >= fieldsMax;
      const name = isNew ? otherFields : field;
      this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    }
    const { now, areNamesKept } = this.#options;
    const time = now();
    const latest = refused.slice(-keptMax).map(
      ({ came, allowed, ...place }): RefusedEvent => ({
        time,
        ...saidBy(sent(place.index)),
        ...place,
        ...(areNamesKept && { came }),
        allowed,
      }),
    );
    this.#kept = [...this.#kept, ...latest].slice(-keptMax);
  }

  /** What came may have been the name of somebody who is forgotten now. */
  forget(names: readonly string[]): void {
    // As it was shown, by itself and within a line that was no JSON; cut short as that was.
    const shown = names.flatMap((name) =>
      [name, JSON.stringify(name).slice(1, -1)].map((text) => renderText(text).replace(/…$/, "")),
    );
    this.#kept = this.#kept.filter(({ came = "" }) => !shown.some((name) => came.includes(name)));
  }

  report(): RefusedReport {
    return {
      since: this.#since,
      count: this.#count,
      fields: [...this.#counts]
        .map(([field, count]) => ({ field, count }))
        .sort((a, b) => b.count - a.count),
      events: this.#kept.toReversed(),
    };
  }
}

function saidBy(event: unknown): Pick<RefusedEvent, "type" | "source"> {
  // What is no object has no such property, but null and undefined.
  const { type, source } = (event ?? {}) as Readonly<Record<string, unknown>>;
  return {
    ...(typeof type === "string" && { type: renderText(type) }),
    ...(typeof source === "string" && { source: renderText(source) }),
  };
}
