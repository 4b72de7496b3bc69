import type { Boost, Filter, PropertyName, Read, Value } from "../expression/index.ts";
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

/** What rules are asked for, and when. */
export interface RuleMoment {
  /** Undefined of a list that is the same for everybody: then its properties are null. */
  readonly account?: string;
  /** Epoch milliseconds. */
  readonly now: number;
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

  constructor(state: StreamState, rules: Rules, moment: RuleMoment) {
    const { filter, exclude = [], categories } = rules;
    this.#state = state;
    this.#withheld = state.properties.withholding(moment.now);
    this.#holds = filter && testOf(state, filter, moment);
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
function testOf(
  state: StreamState,
  filter: Filter,
  { account, now }: RuleMoment,
): (item: number) => boolean {
  const reader = new PropertyReader(state, filter.properties, account);
  return (item) => {
    reader.item = item;
    return filter.test(reader.read, now);
  };
}

/** The boost as a function of an item's number: 1 for all without one. */
export function factorOf(
  state: StreamState,
  boost: Boost | undefined,
  { account, now }: RuleMoment,
): (item: number) => number {
  if (boost === undefined) return () => 1;
  const reader = new PropertyReader(state, boost.properties, account);
  return (item) => {
    reader.item = item;
    return boost.factor(reader.read, now);
  };
}

/** Reads the properties of an item, which changes, and of an account, which does not. */
class PropertyReader {
  item = 0;
  readonly read: Read;

  constructor(state: StreamState, names: readonly PropertyName[], account: string | undefined) {
    const columns = names.map(({ of, name }) =>
      of === "item" ? state.properties.column(name) : undefined,
    );
    const ofItem = (property: number): Value => columns[property]?.[this.item] ?? null;
    if (names.every(({ of }) => of === "item")) {
      this.read = ofItem;
      return;
    }
    const known = (account === undefined ? undefined : state.accounts.of(account)) ?? {};
    const values = names.map(({ of, name }): Value | undefined => {
      if (of === "item") return undefined;
      return Object.hasOwn(known, name) ? known[name] : null;
    });
    this.read = (property) => {
      const value = values[property];
      return value === undefined ? ofItem(property) : value;
    };
  }
}
