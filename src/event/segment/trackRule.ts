import { type Fields, isAbsent } from "../eventChecks.ts";
import { type Reader, readCurrency, readId, readNumber, valueAt } from "./values.ts";

/** What becomes of the `track` messages of one name. */
export interface TrackRule {
  /** The type of its events. */
  readonly type: string;
  /** The events of a message; none where nothing of ours says this. */
  parts(message: TrackMessage): readonly Part[];
}

/** What rules read of a message. */
export interface TrackMessage {
  readonly properties: Fields;
  readonly context: Fields;
}

/** What a message says with one event: a message becomes none, one, or one for each product. */
export interface Part {
  /** Of `Event`; those of `ad` as `ad.channel`. As they came: `parseEvent` takes or refuses them. */
  readonly fields: ReadonlyMap<string, unknown>;
  /** Path in the message, by field: where it came from, or where it would be looked for. */
  readonly from: ReadonlyMap<string, string>;
  /** Paths of which nothing is left to tell. */
  readonly taken: ReadonlySet<string>;
  /** The product of several that it is about. */
  readonly product?: { readonly fields: Fields; readonly index: number };
  /** Its id, where several messages tell the same; else that of the message. */
  readonly id?: { readonly value: string; readonly path: string };
}

/** Fields that the config may name properties for, and how they are read. */
const readers = {
  item: readId,
  artist: readId,
  playlist: readId,
  request: readId,
  position: readNumber,
  value: readNumber,
  currency: readCurrency,
  seconds: readNumber,
  "ad.channel": readId,
  "ad.advertiser": readId,
  "ad.campaign": readId,
  "ad.group": readId,
  "ad.creative": readId,
  "ad.cost": readNumber,
} as const satisfies Record<string, Reader>;

export type SegmentField = keyof typeof readers;
export const segmentFields = Object.keys(readers) as SegmentField[]; // all of them, and no other

/** Builds a part from the objects of a message. */
export class PartBuilder {
  readonly #fields = new Map<string, unknown>();
  readonly #from = new Map<string, string>();
  readonly #taken = new Set<string>();

  /**
   * Takes the first of some paths in `root` at which there is something; nothing, where there is none.
   *
   * @param prefix path of `root` in the message, with a dot at its end.
   */
  take(
    field: SegmentField,
    root: Fields,
    prefix: string,
    paths: readonly string[],
    read: Reader = readers[field],
  ): void {
    if (this.#fields.has(field)) return;
    for (const path of paths) {
      const value = read(valueAt(root, path));
      if (isAbsent(value)) continue;
      this.#taken.add(prefix + path);
      this.set(field, value, prefix + path);
      return;
    }
    if (!this.#from.has(field)) this.#from.set(field, prefix + paths[0]);
  }

  /** Sets what was made of the value at a path, which is told on its own as well. */
  set(field: SegmentField, value: unknown, path: string): void {
    this.#fields.set(field, value);
    this.#from.set(field, path);
  }

  has(field: SegmentField): boolean {
    return this.#fields.has(field);
  }

  build(more: Pick<Part, "product" | "id"> = {}): Part {
    const from =
      more.id === undefined ? this.#from : new Map([...this.#from, ["id", more.id.path]]);
    return { fields: this.#fields, from, taken: this.#taken, ...more };
  }
}
