import { FoldbackError, hash64 } from "../core/index.ts";
import {
  type Arena,
  EmbeddingTable,
  type FeatureList,
  type SectionSink,
  type SectionSource,
  type SharedTable,
  type TableOptions,
} from "../embedding/index.ts";
import { type Feature, magnitudeMax, refused } from "./onlineModel.ts";
import { checkWhole } from "./params.ts";

/** Of one slot: when an id gets its row, and how long it keeps it. */
export type SlotOptions = Pick<
  TableOptions,
  "admitAfter" | "ttlSeconds" | "pendingTtlSeconds" | "idCountExpected"
>;

export type SharedSlots = Readonly<Record<string, SharedTable>>;

/** Each has a table; a model with more is better off hashing slot and id into one. */
const slotCountMax = 64;
/** A name becomes part of the names of a snapshot's sections. */
const slotName = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/**
 * The embedding tables of a model's slots: turns features that name ids into features that name rows.
 */
export class Slots {
  readonly tables: Readonly<Record<string, EmbeddingTable>>;
  /** The same in the order of their names, as `readStable` wants them. */
  readonly list: readonly EmbeddingTable[];
  readonly #byName: ReadonlyMap<string, EmbeddingTable>;
  readonly #indices: ReadonlyMap<string, number>;
  readonly #featureCountMax: number;

  private constructor(tables: ReadonlyMap<string, EmbeddingTable>, featureCountMax: number) {
    this.tables = Object.fromEntries(tables);
    this.list = [...tables.values()];
    this.#byName = tables;
    this.#indices = new Map(Array.from(tables.keys(), (name, index) => [name, index]));
    this.#featureCountMax = featureCountMax;
  }

  /**
   * @param common options of all tables; each has a seed of its own made from `seed`.
   * @throws FoldbackError CONFIG_INVALID; TABLE_FULL when the arena has no room.
   */
  static create(
    arena: Arena,
    slots: Readonly<Record<string, SlotOptions>>,
    common: Pick<TableOptions, "dim" | "seed" | "initialiser" | "optimiser">,
    featureCountMax: number,
  ): Slots {
    const names = Object.keys(slots);
    checkWhole("the number of slots", names.length, 1, slotCountMax);
    const bad = names.find((name) => !slotName.test(name));
    if (bad !== undefined) {
      throw new FoldbackError(
        "CONFIG_INVALID",
        `a slot is named ${JSON.stringify(bad)}; allowed: a letter, then up to 63 letters, digits, _ and -`,
        { details: { name: "slots", value: bad } },
      );
    }
    const tables = Object.entries(slots).map(([name, options]) => {
      // An id in two slots must not start with one vector in both.
      const seed = hash64(name, common.seed);
      return [name, EmbeddingTable.create(arena, { ...options, ...common, seed })] as const;
    });
    return new Slots(new Map(tables), featureCountMax);
  }

  static attach(arena: Arena, shared: SharedSlots, featureCountMax: number): Slots {
    const tables = Object.entries(shared).map(
      ([name, table]) => [name, EmbeddingTable.attach(arena, table)] as const,
    );
    return new Slots(new Map(tables), featureCountMax);
  }

  /** In the order of `list`. */
  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  share(): SharedSlots {
    return Object.fromEntries(Array.from(this.#byName, ([name, table]) => [name, table.share()]));
  }

  /** Of the feature's slot in `list`. @throws FoldbackError REQUEST_INVALID for a feature out of range. */
  indexOf({ slot, id, value = 1 }: Feature): number {
    const index = this.#indices.get(slot);
    if (index === undefined) throw refused("slot", slot, [...this.#byName.keys()].join(", "));
    if (BigInt.asUintN(64, id) !== id) throw refused("id", id, "0 to 2^64 - 1");
    if (!(Math.abs(value) <= magnitudeMax)) throw refused("value", value, "-1e6 to 1e6");
    return index;
  }

  /** Puts the features in the list, taking new ids in. Learner only. */
  observe(features: readonly Feature[], into: FeatureList, nowSeconds: number): void {
    this.#checkCount(features);
    // All are checked before the first is looked up: one that is refused leaves the tables as they were.
    for (let i = 0; i < features.length; i++) {
      const { id, value = 1 } = features[i];
      into.setKey(i, this.#tableOf(features[i]), id, value);
    }
    into.observe(features.length, nowSeconds);
  }

  /** Puts the features in the list, without rows where their ids have none. */
  find(features: readonly Feature[], into: FeatureList): void {
    this.#checkCount(features);
    for (let i = 0; i < features.length; i++) {
      const { id, value = 1 } = features[i];
      const table = this.#tableOf(features[i]);
      into.set(i, table, table.findOne(id), value);
    }
  }

  expire(nowSeconds: number): number {
    const expiring = this.list.filter((table) => table.canExpire);
    return expiring.reduce((count, table) => count + table.expire(nowSeconds).length, 0);
  }

  save(sink: SectionSink): void {
    for (const [name, table] of this.#byName) table.save(sink, `model.${name}.`);
  }

  restore(source: SectionSource): void {
    for (const [name, table] of this.#byName) table.restore(source, `model.${name}.`);
  }

  release(): void {
    for (const table of this.list) table.release();
  }

  #checkCount({ length }: readonly Feature[]): void {
    const countMax = this.#featureCountMax;
    if (length > countMax) throw refused("the number of features", length, `up to ${countMax}`);
  }

  /** The table of a feature that may be. */
  #tableOf(feature: Feature): EmbeddingTable {
    return this.list[this.indexOf(feature)];
  }
}
