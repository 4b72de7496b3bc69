import { ByteReader, ByteWriter, hash64, withRoom } from "../core/index.ts";
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
  /** By item, then by kind; nothing for an item without any. */
  #terms: (readonly (readonly bigint[])[] | undefined)[] = [];
  #lengths = new Float64Array(16);

  /** @param items gets every record before this view does. */
  constructor(items: ItemIndex, options: { readonly partitionCount: number }) {
    this.#items = items;
    this.#read = new ReadOffsets(options.partitionCount);
  }

  get offsets(): Offsets {
    return this.#read.next;
  }

  of(item: number, kind: TermKind): readonly bigint[] {
    return this.#terms[item]?.[termKinds.indexOf(kind)] ?? none;
  }

  /** `lengthSeconds` of the context: how long it takes to watch or hear; NaN where it is not known. */
  lengthOf(item: number): number {
    const length = this.#lengths[item] ?? 0;
    return length > 0 ? length : Number.NaN;
  }

  apply(record: LogRecord): void {
    const { event } = record;
    if (!this.#read.take(record) || event.type !== "item_set" || event.item === undefined) return;
    const item = this.#items.indexOf(event.item);
    if (item < 0) return; // past the limit of items
    this.#lengths = withRoom(this.#lengths, item + 1);
    const length = Number(event.context?.["lengthSeconds"] ?? 0);
    this.#lengths[item] = length > 0 && Number.isFinite(length) ? length : 0;
    const terms = termsOf(event);
    this.#terms[item] = terms.some((ids) => ids.length > 0) ? terms : undefined;
  }

  save(sink: SnapshotSink): void {
    const writer = new ByteWriter();
    this.#read.save(writer);
    writer.u32(this.#terms.length);
    writer.array(this.#lengths, this.#terms.length);
    for (let item = 0; item < this.#terms.length; item++) {
      const terms = this.#terms[item] ?? [];
      writer.u32(terms.length);
      for (const ids of terms) writer.array(BigUint64Array.from(ids));
    }
    sink.write("terms", writer.bytes());
  }

  restore(source: SnapshotSource): void {
    const reader = new ByteReader(source.read("terms"), "terms");
    this.#read.restore(reader);
    this.#terms = [];
    const count = reader.u32();
    this.#lengths = reader.array(Float64Array);
    for (let item = 0; item < count; item++) {
      const kinds = reader.u32();
      const terms = Array.from({ length: kinds }, () => [...reader.array(BigUint64Array)]);
      this.#terms.push(kinds === 0 ? undefined : terms);
    }
    reader.end();
  }
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
