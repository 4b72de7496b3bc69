import { ByteReader, ByteWriter, hash64, ListSaver } from "../core/index.ts";
import {
  type Event,
  type LogRecord,
  type Offsets,
  ReadOffsets,
  type SnapshotSink,
  type SnapshotSource,
  type View,
} from "../event/index.ts";
import type { ItemIndex } from "./itemIndex.ts";

/** What the catalogue says of an item in names and words. */
export const termKinds = ["artist", "categories", "keywords", "hashtags", "words"] as const;
export type TermKind = (typeof termKinds)[number];

/** A caption of more words says no more of what it is about, and would slow every request. */
const termsOfKindMax = 32;
const none: readonly bigint[] = [];

/**
 * The terms of each item, as 64-bit ids: what is learned of a term holds for every item that has it, the
 * ones that nobody had yet among them.
 *
 * From `item_set`: `artist`; of its context `categories`, `keywords` and `hashtags`, each with `|` between
 * them; and the words of `title` and `caption`, in lower case, where a word with # before it is a hashtag
 * as well. Each once, the first 32 of a kind. A later `item_set` replaces all. O(text).
 *
 * Memory: 8 bytes a term and item beside about 100 an item that has any.
 */
export class ItemTerms implements View {
  readonly #items: ItemIndex;
  readonly #read: ReadOffsets;
  readonly #saver = new ListSaver((writer, item) => this.#saveItem(writer, item));
  /** By item; undefined where the catalogue says nothing of it. Each is replaced, never changed. */
  #described: (Described | undefined)[] = [];

  /** @param items gets every record before this view does. */
  constructor(items: ItemIndex, options: { readonly partitionCount: number }) {
    this.#items = items;
    this.#read = new ReadOffsets(options.partitionCount);
  }

  get offsets(): Offsets {
    return this.#read.next;
  }

  of(item: number, kind: TermKind): readonly bigint[] {
    return this.#described[item]?.terms[termKinds.indexOf(kind)] ?? none;
  }

  /** `lengthSeconds` of the context: how long it takes to watch or hear; NaN where it is not known. */
  lengthOf(item: number): number {
    return this.#described[item]?.lengthSeconds ?? Number.NaN;
  }

  apply(record: LogRecord): void {
    const { event } = record;
    if (!this.#read.take(record) || event.type !== "item_set" || event.item === undefined) return;
    const item = this.#items.indexOf(event.item);
    if (item < 0) return; // past the limit of items
    this.#saver.keep(item);
    const length = Number(event.context?.["lengthSeconds"] ?? Number.NaN);
    const lengthSeconds = length > 0 && Number.isFinite(length) ? length : Number.NaN;
    // A list without holes: nothing may come between its end and this item.
    while (this.#described.length < item) this.#described.push(undefined);
    this.#described[item] = { lengthSeconds, terms: termsOf(event) };
  }

  save(sink: SnapshotSink): void {
    const head = new ByteWriter();
    this.#read.save(head);
    sink.writeParts("terms", this.#saver.parts(head, this.#described.length));
  }

  restore(source: SnapshotSource): void {
    const reader = new ByteReader(source.read("terms"), "terms");
    this.#read.restore(reader);
    const count = reader.u32();
    this.#described = new Array<Described | undefined>(count).fill(undefined);
    for (let left = count; left > 0; left--) {
      const item = reader.u32();
      const kinds = reader.u32();
      if (kinds === 0) continue;
      const lengthSeconds = reader.f64();
      const terms = Array.from({ length: kinds }, () => [...reader.array(BigUint64Array)]);
      this.#described[item] = { lengthSeconds, terms };
    }
    reader.end();
  }

  #saveItem(writer: ByteWriter, item: number): void {
    writer.u32(item);
    const described = this.#described[item];
    writer.u32(described?.terms.length ?? 0);
    if (described === undefined) return;
    writer.f64(described.lengthSeconds);
    for (const ids of described.terms) writer.array(BigUint64Array.from(ids));
  }
}

interface Described {
  /** NaN where it is not known. */
  readonly lengthSeconds: number;
  /** By kind. */
  readonly terms: readonly (readonly bigint[])[];
}

/** By kind, in the order of `termKinds`. */
function termsOf({ artist, context = {} }: Event): readonly (readonly bigint[])[] {
  const text = `${context["title"] ?? ""} ${context["caption"] ?? ""}`.toLowerCase();
  const names: Readonly<Record<TermKind, readonly string[]>> = {
    artist: artist === undefined ? [] : [artist],
    categories: listOf(context["categories"]),
    keywords: listOf(context["keywords"]),
    hashtags: [
      ...listOf(context["hashtags"]).map((tag) => tag.replace(/^#/, "").toLowerCase()),
      ...(text.match(/#[\p{L}\p{N}_]+/gu) ?? []).map((tag) => tag.slice(1)),
    ],
    words: text.match(/[\p{L}\p{N}_]+/gu) ?? [],
  };
  return termKinds.map((kind) =>
    [...new Set(names[kind])].slice(0, termsOfKindMax).map((name) => termIdOf(kind, name)),
  );
}

function listOf(value: string | number | undefined): string[] {
  return value === undefined ? [] : String(value).split("|").filter(Boolean);
}

/** The same name in two kinds is two terms. Stable for ever: rows are known by it. */
export function termIdOf(kind: TermKind, name: string): bigint {
  return hash64(name, termSeeds[kind]);
}

const termSeeds: Readonly<Record<TermKind, bigint>> = {
  artist: 0x61727473n,
  categories: 0x63617473n,
  keywords: 0x6b657973n,
  hashtags: 0x74616773n,
  words: 0x776f7264n,
};
