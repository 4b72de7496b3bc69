import type { Boost, Filter, Value } from "../expression/index.ts";
import type { StreamState, Withheld } from "../features/index.ts";

/** What a request wants of its list, beside that it is good. */
export interface Rules {
  /** Items for which it does not hold are not recommended. */
  readonly filter?: Filter;
  /** Scores are multiplied by it. */
  readonly boost?: Boost;
  /** Items with none of these categories are not recommended. */
  readonly categories?: readonly string[];
  /** Items that are not recommended. */
  readonly exclude?: readonly string[];
  /** Items that come first, in this order, as far as they may be recommended at all. */
  readonly pinned?: readonly string[];
  /** At most so many items of one artist, and of one category. */
  readonly artistMax?: number;
  readonly categoryMax?: number;
  /** 0, by score alone, to 1, as unlike each other as can be (see `rerank`). */
  readonly diversity?: number;
}

/** Why an item may not be in a list. */
export type Ineligible = Withheld | "excluded" | "otherCategory" | "filtered";

/** Tells which items may be in the list of one request. */
export class Eligibility {
  readonly #state: StreamState;
  readonly #withheld: ((item: number) => Withheld | undefined) | undefined;
  readonly #holds: ((item: number) => boolean) | undefined;
  readonly #excluded: ReadonlySet<number>;
  readonly #categories: ReadonlySet<number> | undefined;

  constructor(state: StreamState, rules: Rules, now: number) {
    const { filter, exclude = [], categories } = rules;
    this.#state = state;
    this.#withheld = state.properties.withholding(now);
    this.#holds = filter && testOf(state, filter, now);
    this.#excluded = new Set(exclude.map((name) => state.items.indexOf(name)));
    this.#categories =
      categories && new Set(categories.map((name) => state.items.categoryNumber(name)));
  }

  /** Whether an item may be in the list; undefined where every one may. */
  get allows(): ((item: number) => boolean) | undefined {
    const isFree = [this.#withheld, this.#holds, this.#categories].every(
      (rule) => rule === undefined,
    );
    if (isFree && this.#excluded.size === 0) return undefined;
    return (item) => this.against(item) === undefined;
  }

  /** Undefined where nothing is against it. */
  against(item: number): Ineligible | undefined {
    const withheld = this.#withheld?.(item);
    if (withheld !== undefined) return withheld;
    if (this.#excluded.has(item)) return "excluded";
    const wanted = this.#categories;
    if (wanted && !this.#state.items.categoriesOf(item).some((category) => wanted.has(category))) {
      return "otherCategory";
    }
    return this.#holds?.(item) === false ? "filtered" : undefined;
  }
}

/** The filter as a function of an item's number. */
function testOf(state: StreamState, filter: Filter, now: number): (item: number) => boolean {
  let at = 0;
  const columns = columnsOf(state, filter.properties);
  const read = (property: number): Value => columns[property]?.[at] ?? null;
  return (item) => {
    at = item;
    return filter.test(read, now);
  };
}

/** The boost as a function of an item's number: 1 for all without one. */
export function factorOf(
  state: StreamState,
  boost: Boost | undefined,
  now: number,
): (item: number) => number {
  if (boost === undefined) return () => 1;
  let at = 0;
  const columns = columnsOf(state, boost.properties);
  const read = (property: number): Value => columns[property]?.[at] ?? null;
  return (item) => {
    at = item;
    return boost.factor(read, now);
  };
}

function columnsOf(state: StreamState, names: readonly string[]) {
  return names.map((name) => state.properties.column(name));
}
