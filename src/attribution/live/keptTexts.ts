import { SharedTexts } from "../../core/index.ts";
import { type TouchDimension, touchDimensions } from "../history.ts";

type Names = Readonly<Partial<Record<TouchDimension, string>>>;

/** So many are remembered; beyond, all are forgotten, and equal ones may be there twice. */
const namesMax = 100_000;

/** One object for all touches of one advertisement, as `SharedTexts` has one text. */
export class KeptTexts extends SharedTexts {
  readonly #names = new Map<string, Names>();

  names(given: Names): Names {
    const key = touchDimensions.map((dimension) => given[dimension] ?? "").join("\0");
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    if (this.#names.size >= namesMax) this.#names.clear();
    const names: Partial<Record<TouchDimension, string>> = {};
    for (const dimension of touchDimensions) {
      const name = given[dimension];
      if (name !== undefined) names[dimension] = this.of(name);
    }
    this.#names.set(key, names);
    return names;
  }
}
