/** So many texts are remembered; beyond, all are forgotten, and equal ones may be there twice. */
const textsMax = 100_000;

/**
 * Gives one text for all that are equal: cities, genres and devices come again and again, each time as a text of its own. It saves
 * memory, and nothing depends on it.
 */
export class SharedTexts {
  readonly #texts = new Map<string, string>();

  of(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= textsMax) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }
}
