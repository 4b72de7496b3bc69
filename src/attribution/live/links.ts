import { compareUtf8, type Ordered, OrderedMap } from "../../core/index.ts";

/** That two accounts are one; `one` is the smaller of their names. */
interface Link extends Ordered {
  readonly one: string;
  readonly other: string;
}

/** Some 300 bytes each; beyond, the one that was told the longest ago is forgotten. */
const linksMax = 1_000_000;

/**
 * Accounts that are linked with each other, at once or through others; each stands under the smallest of their names, as UTF-8 bytes.
 *
 * Links are kept, rather than only what they join, so that one can be taken back: when an account is erased.
 */
export class Links {
  readonly map = new OrderedMap<Link>({
    save: (writer, { one, other }) => {
      writer.text(one);
      writer.text(other);
    },
    restore: (reader) => linkOf(reader.text(), reader.text()),
  });
  readonly #neighbours = new Map<string, Set<string>>();
  /** Of accounts with links. */
  readonly #standsFor = new Map<string, string>();

  /** The name that an account stands under: its own where it has no links. */
  of(account: string): string {
    return this.#standsFor.get(account) ?? account;
  }

  /** @returns the names under which something stood that has moved. */
  add(one: string, other: string): readonly string[] {
    const link = compareUtf8(one, other) < 0 ? linkOf(one, other) : linkOf(other, one);
    if (one === other || this.map.get(link.key) !== undefined) return [];
    this.map.add(link);
    const moved = this.#join(link);
    const { oldest } = this.map;
    if (this.map.size <= linksMax || oldest === undefined) return moved;
    return [...moved, ...this.#remove(oldest)];
  }

  /** Forgets the account's links. @returns as `add`. */
  forget(account: string): readonly string[] {
    const others = [...(this.#neighbours.get(account) ?? [])].sort(compareUtf8);
    return others.flatMap((other) => {
      const [one, two] = compareUtf8(account, other) < 0 ? [account, other] : [other, account];
      const link = this.map.get(linkOf(one, two).key);
      return link === undefined ? [] : this.#remove(link);
    });
  }

  /** After `map` was restored. */
  derive(): void {
    this.#neighbours.clear();
    this.#standsFor.clear();
    for (const link of this.map.values()) this.#join(link);
  }

  #join({ one, other }: Link): string[] {
    const [first, second] = [this.of(one), this.of(other)];
    const [stays, goes] = compareUtf8(first, second) < 0 ? [first, second] : [second, first];
    const moved = first === second ? [] : this.#reachedFrom(first === goes ? one : other);
    for (const account of moved) this.#standsFor.set(account, stays);
    this.#neighboursOf(one).add(other);
    this.#neighboursOf(other).add(one);
    return first === second ? [] : [goes];
  }

  #remove(gone: Link): string[] {
    const { one, other } = gone;
    this.map.delete(gone);
    this.#neighbours.get(one)?.delete(other);
    this.#neighbours.get(other)?.delete(one);
    const before = this.of(one);
    for (const start of [one, other]) {
      const accounts = this.#reachedFrom(start);
      const stands = accounts.reduce((a, b) => (compareUtf8(a, b) < 0 ? a : b));
      for (const account of accounts) this.#standsFor.set(account, stands);
      if (accounts.length > 1) continue;
      this.#standsFor.delete(start);
      this.#neighbours.delete(start);
    }
    return [before];
  }

  #reachedFrom(start: string): string[] {
    const reached = new Set([start]);
    for (const account of reached) {
      for (const next of this.#neighbours.get(account) ?? []) reached.add(next);
    }
    return [...reached];
  }

  #neighboursOf(account: string): Set<string> {
    let neighbours = this.#neighbours.get(account);
    if (neighbours === undefined) {
      neighbours = new Set();
      this.#neighbours.set(account, neighbours);
    }
    return neighbours;
  }
}

function linkOf(one: string, other: string): Link {
  return { key: JSON.stringify([one, other]), order: 0, one, other };
}
