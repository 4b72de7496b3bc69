import { assert } from "../core/index.ts";
import type { Event } from "../event/index.ts";

export interface GenreShare {
  readonly genre: string;
  /** Of the songs that the people of the account like most, and of as many in their list. */
  readonly truth: number;
  readonly found: number;
}

/** Genres that are shown; the rest is together. */
const genresMax = 6;
const others = "others";

/** Songs as the events tell of them, by number, and what each account has had. */
export class Songs {
  readonly #genres: string[] = [];
  readonly #had = new Map<string, Set<number>>();

  note({ type, account, item, context }: Event): void {
    if (item === undefined || !item.startsWith("i")) return;
    if (type === "item_set") {
      this.#genres[itemOf(item)] = String(context?.["categories"] ?? "").split("|")[0];
      return;
    }
    // An account has had what it did something about; being shown it is not enough.
    if (type === "impression" || account === undefined) return;
    const had = this.#had.get(account) ?? new Set<number>();
    had.add(itemOf(item));
    this.#had.set(account, had);
  }

  genreOf(item: number): string {
    return this.#genres[item] ?? "";
  }

  /** The items with the highest values, of those that the account has not had. */
  best(values: Float64Array, account: string, count: number): number[] {
    const had = this.#had.get(account);
    return [...values.keys()]
      .filter((item) => had?.has(item) !== true)
      .sort((a, b) => values[b] - values[a])
      .slice(0, count);
  }

  /** What shares of both lists each genre has, those that are liked most first. */
  genreShares(liked: readonly number[], listed: readonly number[]): GenreShare[] {
    const [truths, founds] = [this.#sharesOf(liked), this.#sharesOf(listed)];
    const genres = [...new Set([...truths.keys(), ...founds.keys()])]
      .map((genre) => ({ genre, truth: truths.get(genre) ?? 0, found: founds.get(genre) ?? 0 }))
      .sort((a, b) => b.truth - a.truth || b.found - a.found);
    const rest = genres.slice(genresMax);
    const sumOf = (side: "truth" | "found"): number =>
      rest.reduce((sum, one) => sum + one[side], 0);
    return rest.length === 0
      ? genres
      : [
          ...genres.slice(0, genresMax),
          { genre: others, truth: sumOf("truth"), found: sumOf("found") },
        ];
  }

  #sharesOf(items: readonly number[]): Map<string, number> {
    const shares = new Map<string, number>();
    for (const item of items) {
      const genre = this.genreOf(item);
      shares.set(genre, (shares.get(genre) ?? 0) + 1 / items.length);
    }
    return shares;
  }
}

/** The number of a simulated song, from 0, by its name. */
export function itemOf(name: string): number {
  const number = Number(name.slice(1));
  assert(
    name.startsWith("i") && number >= 1,
    `a song of the service is named i1, i2, …, not ${name}`,
  );
  return number - 1;
}
