import { FoldbackError } from "../core/index.ts";
import type { SectionSink, SectionSource } from "./snapshot.ts";

/**
 * A snapshot that is kept in memory: for copies of a model in this process.
 *
 * Sections in parts are copied at once, so it is of the moment of `save`.
 *
 * @example
 * const sections = new MemorySections();
 * model.save(sections);
 * other.restore(sections);
 */
export class MemorySections implements SectionSink, SectionSource {
  readonly #sections = new Map<string, Uint8Array>();

  write(section: string, bytes: Uint8Array): void {
    this.#sections.set(section, bytes);
  }

  writeParts(section: string, parts: Iterable<Uint8Array>): void {
    const copies: Uint8Array[] = [];
    let sizeBytes = 0;
    for (const part of parts) {
      copies.push(part.slice());
      sizeBytes += part.length;
    }
    const all = new Uint8Array(sizeBytes);
    let at = 0;
    for (const copy of copies) {
      all.set(copy, at);
      at += copy.length;
    }
    this.write(section, all);
  }

  /** @throws FoldbackError DATA_CORRUPT for a section that was not written. */
  read(section: string): Uint8Array {
    const bytes = this.#sections.get(section);
    if (bytes !== undefined) return bytes;
    throw new FoldbackError(
      "DATA_CORRUPT",
      `the copy in memory has no section ${section}; it has ${[...this.#sections.keys()].join(", ")}`,
    );
  }

  *readParts(section: string, partBytes: number): Generator<Uint8Array> {
    const bytes = this.read(section);
    // Copies: a part begins at byte 0 of its buffer.
    for (let at = 0; at < bytes.length; at += partBytes) yield bytes.slice(at, at + partBytes);
  }

  get sizeBytes(): number {
    let total = 0;
    for (const bytes of this.#sections.values()) total += bytes.length;
    return total;
  }
}
