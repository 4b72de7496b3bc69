import { assert, FoldbackError } from "../core/index.ts";
import type { SnapshotSink, SnapshotSource } from "../storage/index.ts";

/**
 * A snapshot in memory. It keeps the arrays that it is given, as a sink may: an owner that goes on
 * to change them shows. Parts it copies, at once.
 */
export class MemorySnapshot implements SnapshotSink, SnapshotSource {
  readonly sections: Map<string, Uint8Array>;

  /** @param sections to read from; default none, to be written into. */
  constructor(sections = new Map<string, Uint8Array>()) {
    this.sections = sections;
  }

  write(section: string, bytes: Uint8Array): void {
    if (this.sections.has(section)) throw new Error(`section ${section} was written twice`);
    this.sections.set(section, bytes);
  }

  writeParts(section: string, parts: Iterable<Uint8Array>): void {
    this.write(section, joined(parts));
  }

  read(section: string): Uint8Array {
    const bytes = this.sections.get(section);
    if (bytes === undefined) throw new FoldbackError("DATA_CORRUPT", `no section ${section}`);
    return bytes;
  }

  /** One buffer for all parts, as a file would have: an owner that keeps a part shows. */
  readParts(section: string, partBytes: number): Iterable<Uint8Array> {
    assert(Number.isInteger(partBytes) && partBytes > 0, "a part has bytes");
    return partsOf(this.read(section), partBytes);
  }
}

/** Asks for parts only when it is told to, after whatever the owner has done since it was saved. */
export class LateSnapshot implements SnapshotSink {
  readonly #sections = new MemorySnapshot();
  readonly #parts = new Map<string, Iterator<Uint8Array>>();

  write(section: string, bytes: Uint8Array): void {
    this.#sections.write(section, bytes);
  }

  writeParts(section: string, parts: Iterable<Uint8Array>): void {
    this.#parts.set(section, parts[Symbol.iterator]());
  }

  /** No one asks any more: what was not asked for yet never is. */
  giveUp(): void {
    for (const parts of this.#parts.values()) parts.return?.();
    this.#parts.clear();
  }

  /** Everything that was saved, by now. */
  pull(): MemorySnapshot {
    for (const [section, parts] of this.#parts) {
      this.#sections.writeParts(section, { [Symbol.iterator]: () => parts });
    }
    this.#parts.clear();
    return this.#sections;
  }
}

/** The changes to another snapshot. */
export function onBase(changes: SnapshotSource, base: SnapshotSource): SnapshotSource {
  return {
    read: (section) => changes.read(section),
    readParts: (section, partBytes) => changes.readParts(section, partBytes),
    base,
  };
}

function joined(parts: Iterable<Uint8Array>): Uint8Array {
  const copies: Uint8Array[] = [];
  for (const part of parts) copies.push(part.slice());
  return new Uint8Array(Buffer.concat(copies));
}

function* partsOf(bytes: Uint8Array, partBytes: number): Generator<Uint8Array> {
  const buffer = new Uint8Array(Math.min(partBytes, bytes.length));
  for (let at = 0; at < bytes.length; at += partBytes) {
    const part = bytes.subarray(at, at + partBytes);
    buffer.fill(0xaa); // what was in the part before is gone
    buffer.set(part);
    yield buffer.subarray(0, part.length);
  }
}
