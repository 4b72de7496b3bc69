import { compareUtf8 } from "../../core/index.ts";
import { FixedSums } from "../fixedSums.ts";
import { Sequences } from "./sequences.ts";

/** Rows that nothing is left of are dropped where they are more than half, and more than these. */
const deadRowsMin = 1024;

/**
 * Distinct paths of channels with what came of them: conversions, their value, and how often nothing did (nulls).
 *
 * All are exact sums, so that paths can come in any order, in parts, and be taken back. What models need is a `table()` of it.
 */
export class PathCounts {
  #numbers = new Map<string, number>();
  readonly #names: string[] = [];
  #paths = new Sequences();
  #conversions = new FixedSums();
  #values = new FixedSums();
  #nulls = new FixedSums();
  #deadRows = 0;

  /** The number of a channel, which paths are made of; numbers count from 0 in the order in which names came. */
  channel(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const number = this.#names.length;
    this.#numbers.set(name, number);
    this.#names.push(name);
    return number;
  }

  nameOf(channel: number): string {
    return this.#names[channel];
  }

  /**
   * @param path numbers of channels, the earliest first; none where nothing was touched before the conversion.
   * @param length how many of them count.
   */
  add(path: Int32Array, length: number, conversions: number, value: number, nulls: number): void {
    const before = this.#paths.count;
    const row = this.#paths.numberOf(path, 0, length);
    if (row < before && this.#isDead(row)) this.#deadRows--;
    this.#conversions.add(row, conversions);
    this.#values.add(row, value);
    this.#nulls.add(row, nulls);
    if (this.#isDead(row)) this.#deadRows++;
    if (this.#deadRows > deadRowsMin && this.#deadRows * 2 > this.#paths.count) this.#compact();
  }

  /** Takes back what was added. */
  subtract(
    path: Int32Array,
    length: number,
    conversions: number,
    value: number,
    nulls: number,
  ): void {
    this.add(path, length, -conversions, -value, -nulls);
  }

  /** Adds all that another one holds. */
  addAll(other: PathCounts): void {
    const { starts, values } = other.#paths;
    const channels = other.#names.map((name) => this.channel(name));
    for (let row = 0; row < other.#paths.count; row++) {
      if (other.#isDead(row)) continue;
      const path = values
        .subarray(starts[row], starts[row + 1])
        .map((channel) => channels[channel]);
      const to = this.#paths.numberOf(path, 0, path.length);
      this.#conversions.addFrom(to, other.#conversions, row);
      this.#values.addFrom(to, other.#values, row);
      this.#nulls.addFrom(to, other.#nulls, row);
    }
  }

  /** What is there now, with the channels in the order of their names as UTF-8 bytes. O(touches). */
  table(): PathTable {
    const { starts, values } = this.#paths;
    const isUsed = new Uint8Array(this.#names.length);
    let count = 0;
    let touchCount = 0;
    for (let row = 0; row < this.#paths.count; row++) {
      if (this.#isDead(row)) continue;
      count++;
      touchCount += starts[row + 1] - starts[row];
      for (let at = starts[row]; at < starts[row + 1]; at++) isUsed[values[at]] = 1;
    }
    const channels = this.#names.filter((_, number) => isUsed[number] === 1).sort(compareUtf8);
    const rank = new Int32Array(this.#names.length);
    for (const [at, name] of channels.entries()) rank[this.channel(name)] = at;
    const table = {
      channels,
      count,
      starts: new Uint32Array(count + 1),
      touches: new Int32Array(touchCount),
      conversions: new Float64Array(count),
      values: new Float64Array(count),
      nulls: new Float64Array(count),
    };
    let to = 0;
    let touch = 0;
    for (let row = 0; row < this.#paths.count; row++) {
      if (this.#isDead(row)) continue;
      for (let at = starts[row]; at < starts[row + 1]; at++) {
        table.touches[touch++] = rank[values[at]];
      }
      table.conversions[to] = this.#conversions.at(row);
      table.values[to] = this.#values.at(row);
      table.nulls[to] = this.#nulls.at(row);
      table.starts[++to] = touch;
    }
    return table;
  }

  #isDead(row: number): boolean {
    return this.#conversions.isZero(row) && this.#nulls.isZero(row) && this.#values.isZero(row);
  }

  #compact(): void {
    const alive = new PathCounts();
    for (const name of this.#names) alive.channel(name);
    alive.addAll(this);
    this.#paths = alive.#paths;
    this.#conversions = alive.#conversions;
    this.#values = alive.#values;
    this.#nulls = alive.#nulls;
    this.#deadRows = 0;
  }
}

/**
 * Distinct paths with their sums. The order of the rows means nothing: whatever is computed of them is the same in any.
 */
export interface PathTable {
  /** In the order of UTF-8 bytes. Those that occur. */
  readonly channels: readonly string[];
  /** Of rows. */
  readonly count: number;
  /** (count + 1): the path of a row is `touches` from starts[row] to starts[row + 1]. */
  readonly starts: Uint32Array;
  /** Numbers of `channels`. */
  readonly touches: Int32Array;
  /** (count) each. */
  readonly conversions: Float64Array;
  readonly values: Float64Array;
  readonly nulls: Float64Array;
}
