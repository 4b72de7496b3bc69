/**
 * What an embedding table should do, as a Map of ids: it knows nothing of buckets, growth, snapshots
 * or memory. Rows are the table's to choose; which id has one, and what is in it, is told from here.
 */
import { noRow } from "../embedding/index.ts";
import { twin } from "../kernels/index.ts";

export interface ModelRules {
  readonly dim: number;
  readonly seed: bigint;
  readonly admitAfter: number;
  /** "asked": whom the table admits is not predicted but taken from its answers. */
  readonly admission: "exact" | "asked";
  readonly ttlSeconds: number;
  readonly pendingTtlSeconds: number;
  readonly idCountMax: number;
  readonly whenFull: "refuse" | "evictOldest";
  /** False: vectors start at zeros, and there is no state. */
  readonly learns: boolean;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly initialAccumulator: number;
  readonly linear: {
    readonly alpha: number;
    readonly beta: number;
    readonly l1: number;
    readonly l2: number;
    readonly initialAccumulator: number;
  };
}

export interface ModelId {
  /** `noRow` while it waits for admission. */
  row: number;
  count: number;
  /** Of those that wait, in steps of 2 seconds. */
  seen: number;
  vector: Float32Array;
  squares: Float32Array;
  weight: number;
  z: number;
  n: number;
}

const { fround } = Math;

export class TableModel {
  readonly ids = new Map<bigint, ModelId>();
  readonly #rules: ModelRules;

  constructor(rules: ModelRules) {
    this.#rules = rules;
  }

  get idCount(): number {
    let count = 0;
    for (const { row } of this.ids.values()) if (row !== noRow) count += 1;
    return count;
  }

  rowOf(key: bigint): number {
    return this.ids.get(key)?.row ?? noRow;
  }

  /** Would this sighting be refused, since there is no room and nobody gives way? */
  isRefused(key: bigint): boolean {
    const { admitAfter, whenFull, idCountMax } = this.#rules;
    const id = this.ids.get(key);
    if (whenFull === "evictOldest" || (id !== undefined && id.row !== noRow)) return false;
    return (id?.count ?? 0) + 1 >= admitAfter && this.idCount >= idCountMax;
  }

  /** One sighting, to which the table answered `row`: gives what it should have answered. */
  observe(key: bigint, now: number, row: number): number {
    const { admitAfter, admission } = this.#rules;
    const id = this.ids.get(key);
    if (id !== undefined && id.row !== noRow) {
      id.seen = Math.max(id.seen, now);
      return id.row;
    }
    if (admission === "asked") return row === noRow ? noRow : this.#admit(key, now, row).row;
    const count = (id?.count ?? 0) + 1;
    if (count >= admitAfter) return this.#admit(key, Math.max(id?.seen ?? 0, now), row).row;
    const seen = Math.max(id?.seen ?? 0, now - (now % 2));
    this.ids.set(key, { ...this.#fresh(key), row: noRow, count, seen });
    return noRow;
  }

  assign(key: bigint, vector: Float32Array, weight: number, now: number, row: number): void {
    let id = this.ids.get(key);
    if (id === undefined || id.row === noRow)
      id = this.#admit(key, Math.max(id?.seen ?? 0, now), row);
    id.row = row;
    id.seen = Math.max(id.seen, now);
    id.vector = vector.slice();
    id.weight = weight;
    if (!this.#rules.learns) return;
    // z as it must be for FTRL to give this weight: from its formula, solved for z.
    const { alpha, beta, l1, l2 } = this.#rules.linear;
    const scale = (beta + Math.sqrt(id.n)) / alpha + l2;
    id.z = fround(-(weight * scale + Math.sign(weight) * l1));
  }

  /** Adagrad of the vector and FTRL-proximal of the weight, from their papers, in the table's precision. */
  update(
    key: bigint,
    gradient: Float32Array,
    weightGradient?: number,
    learningRate?: number,
  ): void {
    const id = this.ids.get(key);
    if (id === undefined || id.row === noRow) return;
    const rules = this.#rules;
    const rate = fround(learningRate ?? rules.learningRate);
    for (const [d, raw] of gradient.entries()) {
      const w = id.vector[d];
      const g = fround(raw + fround(fround(rules.weightDecay) * w));
      id.squares[d] = fround(id.squares[d] + fround(g * g));
      id.vector[d] = fround(w - fround(fround(rate * g) / fround(Math.sqrt(id.squares[d]))));
    }
    if (weightGradient === undefined) return;
    const { alpha, beta, l1, l2 } = rules.linear;
    const root = Math.sqrt(id.n + weightGradient ** 2);
    const z = id.z + (weightGradient - ((root - Math.sqrt(id.n)) / alpha) * id.weight);
    const w = Math.abs(z) <= l1 ? 0 : -(z - Math.sign(z) * l1) / ((beta + root) / alpha + l2);
    id.z = fround(z);
    id.n = fround(id.n + weightGradient ** 2);
    id.weight = fround(w);
  }

  /** Which ids are past their time: those with a row, and those that wait. */
  due(now: number): { admitted: Set<bigint>; pending: Set<bigint> } {
    const { ttlSeconds, pendingTtlSeconds } = this.#rules;
    const due = { admitted: new Set<bigint>(), pending: new Set<bigint>() };
    for (const [key, { row, seen }] of this.ids) {
      const ttl = row === noRow ? pendingTtlSeconds : ttlSeconds;
      if (ttl > 0 && now - seen >= ttl) (row === noRow ? due.pending : due.admitted).add(key);
    }
    return due;
  }

  #admit(key: bigint, seen: number, row: number): ModelId {
    const { idCountMax, whenFull } = this.#rules;
    if (whenFull === "evictOldest" && this.idCount >= idCountMax) this.ids.delete(this.#oldest());
    const id = { ...this.#fresh(key), seen, row };
    this.ids.set(key, id);
    return id;
  }

  /** Not seen for longest; among equals the one with the smallest row. */
  #oldest(): bigint {
    let oldest: { key: bigint; id: ModelId } | undefined;
    for (const [key, id] of this.ids) {
      if (id.row === noRow) continue;
      const isOlder =
        oldest === undefined ||
        id.seen < oldest.id.seen ||
        (id.seen === oldest.id.seen && id.row < oldest.id.row);
      if (isOlder) oldest = { key, id };
    }
    if (oldest === undefined) throw new Error("nobody has a row");
    return oldest.key;
  }

  #fresh(key: bigint): ModelId {
    const { dim, seed, learns, initialAccumulator, linear } = this.#rules;
    return {
      row: noRow,
      count: 0,
      seen: 0,
      vector: learns
        ? twin.initialVector(key, { dim, seed, kind: "uniform", scale: 0.05 })
        : new Float32Array(dim),
      squares: new Float32Array(learns ? dim : 0).fill(initialAccumulator),
      weight: 0,
      z: 0,
      n: learns ? fround(linear.initialAccumulator) : 0,
    };
  }
}
