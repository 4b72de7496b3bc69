/**
 * A table, its model, one who follows it, and a snapshot under way, run side by side: after every
 * operation everything that can be seen of the table is what the model says.
 */
import { expect } from "vitest";
import {
  type ChangedRows,
  type Drain,
  type EmbeddingTable,
  type Entry,
  noRow,
  type SectionSource,
  type ShardedTable,
  type TableFollower,
} from "../embedding/index.ts";
import { LateSnapshot, type MemorySnapshot, onBase } from "./memorySnapshot.ts";
import { type ModelId, type ModelRules, TableModel } from "./tableModel.ts";

export type AnyTable = EmbeddingTable | ShardedTable;
export type DrainEnd = "acknowledge" | "giveBack";

export interface WorldOptions {
  readonly rules: ModelRules;
  /** An empty table. `isFirst`: of the world itself, not one that a snapshot is looked at in. */
  readonly make: (isFirst: boolean) => AnyTable;
  /** Does the table's memory end? Then where, is not predicted. */
  readonly isSmall: boolean;
}

interface Saving {
  readonly late: LateSnapshot;
  readonly entries: Map<bigint, string>;
  readonly copy: Map<bigint, string>;
  readonly isChanges: boolean;
}

const chainMax = 4;

export class TableWorld {
  readonly #options: WorldOptions;
  readonly model: TableModel;
  table: AnyTable;
  /** What the follower has made of the drains. */
  #copy = new Map<bigint, string>();
  #followers: TableFollower[];
  #drains: Drain[] | undefined;
  #saving: Saving | undefined;
  /** The snapshots so far, newest last, each the changes to the one before. */
  #chain: SectionSource[] = [];
  readonly counts = { full: 0, lost: 0, changes: 0, restored: 0, drained: 0, gaveWay: 0 };
  #now = 1000;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.model = new TableModel(options.rules);
    this.table = options.make(true);
    this.#followers = followersOf(this.table);
  }

  observe(keys: readonly bigint[], after: number, late: number): void {
    this.#now += after;
    const now = this.#now - late;
    const rows = new Uint32Array(keys.length);
    const done = this.#tryTo(keys.length, () =>
      this.table.observe(BigUint64Array.from(keys), rows, now),
    );
    const expected: number[] = [];
    for (const [i, key] of keys.entries()) {
      if (!this.#options.isSmall) expect(this.model.isRefused(key)).toBe(i === done);
      if (i === done) break;
      expected.push(this.model.observe(key, now, rows[i]));
    }
    expect([...rows.subarray(0, done)]).toEqual(expected);
  }

  /** @param keys each once where ids give way, no more than have room. */
  assign(keys: readonly bigint[], after: number, salt: number): void {
    this.#now += after;
    const { dim } = this.#options.rules;
    const vectors = exactNumbers(keys.length * dim, dim, salt);
    const weights = exactNumbers(keys.length, 1, salt + 1);
    const done = this.#tryTo(keys.length, () =>
      this.table.assign(BigUint64Array.from(keys), vectors, weights, this.#now),
    );
    for (const [i, key] of keys.slice(0, done).entries()) {
      const vector = vectors.slice(i * dim, (i + 1) * dim);
      this.model.assign(key, vector, weights[i], this.#now, this.table.findOne(key));
    }
  }

  /** A step for each key that has a row, for `noRow` otherwise, and for one row that has lost its id. */
  update(keys: readonly bigint[], salt: number, options: { weights: boolean; rate: number }): void {
    const { dim, learns } = this.#options.rules;
    if (!learns) return;
    const used = new Set(Array.from(this.model.ids.values(), ({ row }) => row));
    const stale = [...this.#rowsOnce].filter((row) => !used.has(row)).slice(0, 1);
    const rows = Uint32Array.from([...keys.map((key) => this.model.rowOf(key)), ...stale]);
    const gradients = exactNumbers(rows.length * dim, dim, salt);
    const weightGradients = exactNumbers(rows.length, 1, salt + 1);
    const learningRate = options.rate > 0 ? options.rate : undefined;
    this.table.update(rows, gradients, {
      ...(options.weights ? { weightGradients } : {}),
      ...(learningRate === undefined ? {} : { learningRate }),
    });
    for (const [i, key] of keys.entries()) {
      const gradient = gradients.slice(i * dim, (i + 1) * dim);
      const weightGradient = options.weights ? weightGradients[i] : undefined;
      this.model.update(key, gradient, weightGradient, learningRate);
    }
  }

  read(keys: readonly bigint[]): void {
    const { dim } = this.#options.rules;
    const rows = new Uint32Array(keys.length);
    this.table.find(BigUint64Array.from(keys), rows);
    expect([...rows]).toEqual(keys.map((key) => this.model.rowOf(key)));
    const vectors = new Float32Array(keys.length * dim);
    const weights = new Float32Array(keys.length);
    this.table.gather(rows, vectors, weights);
    const ids = keys.map((key, i) => (rows[i] === noRow ? undefined : this.model.ids.get(key)));
    expect([...vectors]).toEqual(ids.flatMap((id) => [...(id?.vector ?? new Float32Array(dim))]));
    expect([...weights]).toEqual(ids.map((id) => id?.weight ?? 0));
  }

  remove(key: bigint): void {
    expect(this.table.remove(key)).toBe(this.model.ids.delete(key));
  }

  expire(after: number, bucketCount: number): void {
    this.#now += after;
    const { admitted, pending } = this.model.due(this.#now);
    const removed = [...this.table.expire(this.#now, bucketCount)];
    expect(new Set(removed).size).toBe(removed.length);
    for (const key of removed) expect(admitted.has(key)).toBe(true);
    for (const key of removed) this.model.ids.delete(key);
    const left = [...pending].filter((key) => this.table.entry(key) !== undefined);
    if (bucketCount >= 1e6) expect([removed.length, left.length]).toEqual([admitted.size, 0]);
    for (const key of pending) if (!left.includes(key)) this.model.ids.delete(key);
  }

  beginDrain(): void {
    this.#drains ??= this.#followers.map((follower) => follower.drain());
  }

  /** @param takes does the follower take what comes before it says that it has it, or gives it back? */
  endDrain(end: DrainEnd, takes: boolean): void {
    this.beginDrain();
    if (end === "acknowledge" || takes) {
      for (const drain of this.#drains ?? []) takeDrain(drain, this.#copy);
    }
    for (const drain of this.#drains ?? []) drain[end]();
    this.#drains = undefined;
    this.counts.drained += 1;
  }

  save(changesOnly: boolean): void {
    if (this.#saving !== undefined) return;
    const late = new LateSnapshot();
    const isChanges = changesOnly && this.#chain.length < chainMax;
    this.table.save(late, "t.", { changesOnly: isChanges });
    const copy = new Map(this.#copy);
    this.#saving = { late, entries: entriesOf(this.table), copy, isChanges };
  }

  giveUp(): void {
    if (this.#saving === undefined) return;
    this.#saving.late.giveUp();
    this.#saving = undefined;
    this.#chain = [];
  }

  /** What was saved is what was there then, and its follower ends as a copy of that. */
  pull(): void {
    if (this.#saving === undefined) return;
    const { late, entries, copy, isChanges } = this.#saving;
    this.#saving = undefined;
    let whole: MemorySnapshot | undefined;
    const all = this.#tryTo(1, () => {
      whole = late.pull();
    });
    if (all === 0 || whole === undefined) {
      this.counts.lost += 1;
      this.#chain = [];
      return;
    }
    const base = this.#chain.at(-1);
    const hasBase = isChanges && base !== undefined;
    this.#chain = hasBase ? [...this.#chain, onBase(whole, base)] : [whole];
    if (hasBase) this.counts.changes += 1;
    const other = this.#restored();
    expect(entriesOf(other)).toEqual(entries);
    for (const follower of followersOf(other)) takeDrain(follower.drain(), copy);
    expect(copy).toEqual(copyOfEntries(other));
  }

  /** The process ends and starts again, from a snapshot of its last moment. */
  restart(changesOnly: boolean): void {
    this.pull();
    this.save(changesOnly);
    this.pull();
    if (this.#chain.length === 0) return; // there was no memory for it
    this.table = this.#restored();
    this.#drains = undefined;
    this.#followers = followersOf(this.table);
  }

  end(): void {
    this.pull();
    this.endDrain("acknowledge", true); // perhaps one that began long ago
    this.endDrain("acknowledge", true);
    expect(this.#copy).toEqual(copyOfEntries(this.table));
  }

  /** Everything that can be seen of the table, against everything the model knows. */
  compare(): void {
    const { learns } = this.#options.rules;
    const expected = new Map<bigint, string>();
    for (const [key, id] of this.model.ids) expected.set(key, textOfId(id, learns));
    expect(entriesOf(this.table)).toEqual(expected);
    const { idCount, pendingCount } = this.table.stats();
    const rows = new Set(Array.from(this.model.ids.values(), ({ row }) => row));
    rows.delete(noRow);
    expect(idCount).toBe(rows.size);
    expect(pendingCount).toBe(this.model.ids.size - rows.size);
    for (const row of rows) this.#rowsOnce.add(row);
  }

  /** Every row that was ever an id's. */
  readonly #rowsOnce = new Set<number>();

  #restored(): AnyTable {
    const newest = this.#chain.at(-1);
    if (newest === undefined) throw new Error("there is a snapshot");
    const table = this.#options.make(false);
    table.restore(newest, "t.");
    this.counts.restored += 1;
    return table;
  }

  /** How many were done before there was no room. */
  #tryTo(count: number, run: () => void): number {
    try {
      run();
      return count;
    } catch (error) {
      expect(error).toMatchObject({ code: "TABLE_FULL" });
      this.counts.full += 1;
      const { index } = (error as { details: { index?: number } }).details;
      return index ?? 0;
    }
  }
}

/** Numbers that every format holds exactly, ±127/32 first in every vector: the scale is then 2^-5. */
function exactNumbers(count: number, dim: number, salt: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => {
    if (i % Math.max(dim, 1) === 0) return (i + salt) % 2 === 0 ? 127 / 32 : -127 / 32;
    return ((((i * 2_654_435_761 + salt * 40_503) >>> 7) % 255) - 127) / 32;
  });
}

function followersOf(table: AnyTable): TableFollower[] {
  return "shards" in table ? table.shards.map((shard) => shard.follow()) : [table.follow()];
}

function takeDrain(drain: Drain, copy: Map<bigint, string>): void {
  for (const key of drain.removed) copy.delete(key);
  for (const rows of drain.rows()) takeRows(rows, copy);
}

function takeRows({ keys, vectors, weights }: ChangedRows, copy: Map<bigint, string>): void {
  const dim = keys.length === 0 ? 0 : vectors.length / keys.length;
  for (const [i, key] of keys.entries()) {
    copy.set(key, copyText(vectors.subarray(i * dim, (i + 1) * dim), weights[i]));
  }
}

function copyOfEntries(table: AnyTable): Map<bigint, string> {
  const copy = new Map<bigint, string>();
  for (const entry of table.entries()) {
    if (entry.state === "admitted") copy.set(entry.key, copyText(entry.vector, entry.weight));
  }
  return copy;
}

function copyText(vector: Float32Array, weight: number): string {
  return `${vector.join(" ")} | ${weight}`;
}

function entriesOf(table: AnyTable): Map<bigint, string> {
  return new Map(Array.from(table.entries(), (entry) => [entry.key, textOf(entry)]));
}

function textOf(entry: Entry): string {
  if (entry.state === "pending") return `pending ${entry.count} ${entry.seenSeconds}`;
  const { row, seenSeconds, vector, vectorState, weight, ftrlZ, ftrlN } = entry;
  const state = vectorState[0]?.join(" ") ?? "";
  const values = `${vector.join(" ")} | ${state} | ${weight} ${ftrlZ} ${ftrlN}`;
  return `row ${row} at ${seenSeconds}: ${values}`;
}

function textOfId(id: ModelId, learns: boolean): string {
  if (id.row === noRow) return `pending ${id.count} ${id.seen}`;
  const state = learns ? id.squares.join(" ") : "";
  const values = `${id.vector.join(" ")} | ${state} | ${id.weight} ${id.z} ${id.n}`;
  return `row ${id.row} at ${id.seen}: ${values}`;
}
