/**
 * Postal places of the world by coordinates and by name, in one buffer that is read as it stands.
 *
 * ```
 * "FBPLACE1" | length of the directory, uint32 | directory, JSON | sections, each at a multiple of 8
 *
 * points     float32 (points, 3)  unit vectors of all coordinates that differ, in the order of a k-d tree
 * placeOf    uint32 (points)      the first of the places there
 * pointOf    uint32 (places)      places are in the order of country, state, zip and city
 * zipOf      uint32 (places)      its postal code, a number in `zips`
 * nameOf     uint32 (places)      its name, a number in `names`
 * regionOf   uint16 (places)      country and state, a number in the directory's `regions`
 * zips       texts by key         bytes, uint32 ends; and which places have them: uint32 ends, uint32 (places)
 * names      texts by key         the same
 * ```
 *
 * 1.1 million places take 55 MB, and 40 ms to read. An index of rows of text would take 2 s to parse.
 */
import { FoldbackError } from "../../core/index.ts";
import { nearest, sortIntoTree } from "./kdTree.ts";
import { placeOfVector, squaredChord, writeVector } from "./sphere.ts";

/** A row of the source: GeoNames postal codes. */
export interface PostalRow {
  /** ISO 3166-1, two capital letters. */
  readonly country: string;
  readonly zip: string;
  readonly city: string;
  /** GeoNames' code of the first administrative division; empty where there is none. */
  readonly state: string;
  readonly lat: number;
  readonly lon: number;
}

export interface PostalPlace {
  readonly city: string;
  /** Not there where the country has none. */
  readonly state?: string;
  readonly zip: string;
  readonly country: string;
}

const magic = "FBPLACE1";

/** Farther from anything than this is nowhere: at sea, or a fault. */
const nearMaxSquared = squaredChord(100);
/** Places of one name or postal code are one place if none is farther from their middle: as large as large cities are. */
const spreadMaxSquared = squaredChord(75);

/** Postal codes are written with and without spaces and dashes, in any case. */
function zipKey(zip: string): string {
  if (/^[0-9A-Z]+$/.test(zip)) return zip;
  return zip
    .normalize("NFC")
    .replace(/[\s-]+/g, "")
    .toUpperCase();
}

/** Names without case, accents and doubled spaces: senders write them in many ways. */
function nameKey(name: string): string {
  if (/^[!-~]+(?: [!-~]+)*$/.test(name)) return name.toLowerCase();
  return name
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .replace(/\s+/g, " ")
    .trim()
    .toLowerCase();
}

export class PostalIndex {
  readonly #points: Float32Array;
  readonly #placeOf: Uint32Array;
  readonly #pointOf: Uint32Array;
  readonly #zipOf: Uint32Array;
  readonly #nameOf: Uint32Array;
  readonly #regionOf: Uint16Array;
  readonly #zips: Texts;
  readonly #names: Texts;
  readonly #regions: readonly (readonly [country: string, state: string])[];
  readonly #vector = new Float64Array(3);

  /**
   * Takes the bytes that `encodePostalIndex` made; they are read in place, and must not change.
   *
   * @throws FoldbackError DATA_CORRUPT where they are none.
   */
  constructor(bytes: Uint8Array<ArrayBuffer>) {
    const { directory, begin } = readDirectory(bytes);
    const part = <T>(
      type: new (buffer: ArrayBuffer, at: number, length: number) => T,
      name: string,
    ): T => {
      const [at, length] = directory.sections[name];
      return new type(bytes.buffer, begin + at, length);
    };
    this.#points = part(Float32Array, "points");
    this.#placeOf = part(Uint32Array, "placeOf");
    this.#pointOf = part(Uint32Array, "pointOf");
    this.#zipOf = part(Uint32Array, "zipOf");
    this.#nameOf = part(Uint32Array, "nameOf");
    this.#regionOf = part(Uint16Array, "regionOf");
    const texts = (name: string, key: (text: string) => string): Texts =>
      new Texts(
        part(Uint8Array, `${name}.bytes`),
        part(Uint32Array, `${name}.ends`),
        part(Uint32Array, `${name}.placeEnds`),
        part(Uint32Array, `${name}.places`),
        key,
      );
    this.#zips = texts("zips", zipKey);
    this.#names = texts("names", nameKey);
    this.#regions = directory.regions;
  }

  get count(): number {
    return this.#zipOf.length;
  }

  /** The nearest place; undefined where none is within 100 km. Of equally near ones the first by country, state, zip, city. */
  at(lat: number, lon: number): PostalPlace | undefined {
    writeVector(lat, lon, this.#vector, 0);
    const [x, y, z] = this.#vector;
    const point = nearest(this.#points, this.#placeOf, x, y, z, nearMaxSquared);
    if (point < 0) return undefined;
    const found = this.#placeOf[point];
    const [country, state] = this.#regions[this.#regionOf[found]];
    const city = this.#names.text(this.#nameOf[found]);
    const zip = this.#zips.text(this.#zipOf[found]);
    return state === "" ? { city, zip, country } : { city, state, zip, country };
  }

  /**
   * The middle of a place, by its postal code, else by its city; undefined where there is none of that name, or there are several far
   * apart. City and state tell those of one postal code apart as far as they are written as here; a country is taken at its word.
   */
  middleOf(place: Partial<PostalPlace>): { lat: number; lon: number } | undefined {
    let found: readonly number[] = [];
    if (place.zip !== undefined) {
      found = this.#zips.places(place.zip);
      // Of some countries only the first part is known, as SW1A of SW1A 1AA; others add a part, as 94110-1234.
      if (found.length === 0) found = this.#zips.places(place.zip.trim().split(/[\s-]/, 1)[0]);
    }
    if (found.length === 0 && place.city !== undefined) found = this.#names.places(place.city);
    const { country, state, city } = place;
    if (country !== undefined) {
      found = found.filter((at) => this.#regions[this.#regionOf[at]][0] === country);
    }
    const narrow = (isSame: (at: number) => boolean): void => {
      const same = found.filter(isSame);
      if (same.length > 0) found = same;
    };
    if (city !== undefined) {
      const key = nameKey(city);
      narrow((at) => nameKey(this.#names.text(this.#nameOf[at])) === key);
    }
    if (state !== undefined) narrow((at) => this.#regions[this.#regionOf[at]][1] === state);
    return this.#middle(found);
  }

  #middle(places: readonly number[]): { lat: number; lon: number } | undefined {
    if (places.length === 0) return undefined;
    const sum = [0, 0, 0];
    for (const place of places) {
      const at = 3 * this.#pointOf[place];
      for (let i = 0; i < 3; i++) sum[i] += this.#points[at + i];
    }
    const length = Math.hypot(...sum);
    const [x, y, z] = sum.map((one) => one / length);
    for (const place of places) {
      const at = 3 * this.#pointOf[place];
      const dx = this.#points[at] - x;
      const dy = this.#points[at + 1] - y;
      const dz = this.#points[at + 2] - z;
      // Written so that NaN, from places all around the world, is far as well.
      if (!(dx * dx + dy * dy + dz * dz <= spreadMaxSquared)) return undefined;
    }
    return placeOfVector(x, y, z);
  }
}

/** Texts in the order of their keys, and the places that have each. */
class Texts {
  readonly #bytes: Uint8Array;
  readonly #ends: Uint32Array;
  readonly #placeEnds: Uint32Array;
  readonly #places: Uint32Array;
  readonly #key: (text: string) => string;
  readonly #decoder = new TextDecoder();

  constructor(
    bytes: Uint8Array,
    ends: Uint32Array,
    placeEnds: Uint32Array,
    places: Uint32Array,
    key: (text: string) => string,
  ) {
    this.#bytes = bytes;
    this.#ends = ends;
    this.#placeEnds = placeEnds;
    this.#places = places;
    this.#key = key;
  }

  text(number: number): string {
    const begin = number === 0 ? 0 : this.#ends[number - 1];
    return this.#decoder.decode(this.#bytes.subarray(begin, this.#ends[number]));
  }

  /** Of all texts with the same key. By bisection. */
  places(text: string): number[] {
    const key = this.#key(text);
    let low = 0;
    let high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#key(this.text(middle)) < key) low = middle + 1;
      else high = middle;
    }
    const found: number[] = [];
    for (; low < this.#ends.length && this.#key(this.text(low)) === key; low++) {
      const begin = low === 0 ? 0 : this.#placeEnds[low - 1];
      found.push(...this.#places.subarray(begin, this.#placeEnds[low]));
    }
    return found;
  }
}

interface Directory {
  readonly sections: Readonly<Record<string, readonly [at: number, length: number]>>;
  readonly regions: readonly (readonly [country: string, state: string])[];
}

function readDirectory(bytes: Uint8Array<ArrayBuffer>): { directory: Directory; begin: number } {
  const text = (from: number, to: number): string =>
    new TextDecoder().decode(bytes.subarray(from, to));
  if (bytes.byteOffset % 8 !== 0 || text(0, magic.length) !== magic) {
    throw new FoldbackError("DATA_CORRUPT", "the index of places is none; build it again");
  }
  const head = magic.length + 4;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(magic.length, true);
  const directory = JSON.parse(text(head, head + length)) as Directory; // of our own build
  return { directory, begin: bytes.byteOffset + roundedUp(head + length) };
}

function roundedUp(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

/**
 * Makes the bytes of an index: the same for any order of the rows. Texts are trimmed, in NFC; a place that is there twice is one.
 *
 * O(rows · log rows). At most 65,536 pairs of country and state.
 */
export function encodePostalIndex(source: Iterable<PostalRow>): Uint8Array<ArrayBuffer> {
  const rows = uniqueRows(source);
  const firstAt = new Map<string, number>();
  for (const [place, row] of rows.entries()) {
    const key = coordinatesOf(row);
    if (!firstAt.has(key)) firstAt.set(key, place);
  }
  const placeOf = Uint32Array.from(firstAt.values());
  const points = new Float32Array(placeOf.length * 3);
  for (const [at, place] of placeOf.entries()) {
    writeVector(rows[place].lat, rows[place].lon, points, 3 * at);
  }
  sortIntoTree(points, placeOf);
  const pointAt = new Map<string, number>();
  for (const [at, place] of placeOf.entries()) pointAt.set(coordinatesOf(rows[place]), at);
  const regions = [...new Set(rows.map(regionOf))];
  const regionNumber = new Map(regions.map((region, at) => [region, at]));
  const zips = encodeTexts(rows, ({ zip }) => zip, zipKey);
  const names = encodeTexts(rows, ({ city }) => city, nameKey);
  const sections: Record<string, Float32Array | Uint8Array | Uint16Array | Uint32Array> = {
    points,
    placeOf,
    pointOf: Uint32Array.from(rows, (row) => pointAt.get(coordinatesOf(row)) ?? 0),
    zipOf: zips.numberOf,
    nameOf: names.numberOf,
    regionOf: Uint16Array.from(rows, (row) => regionNumber.get(regionOf(row)) ?? 0),
  };
  for (const [name, texts] of Object.entries({ zips, names })) {
    sections[`${name}.bytes`] = texts.bytes;
    sections[`${name}.ends`] = texts.ends;
    sections[`${name}.placeEnds`] = texts.placeEnds;
    sections[`${name}.places`] = texts.places;
  }
  return writeSections(
    sections,
    regions.map((region) => region.split("\t")),
  );
}

function regionOf({ country, state }: PostalRow): string {
  return `${country}\t${state}`;
}

function coordinatesOf({ lat, lon }: PostalRow): string {
  return `${lat}\t${lon}`;
}

/** By country, state, zip, city and coordinates. */
function uniqueRows(source: Iterable<PostalRow>): PostalRow[] {
  const clean = (text: string): string => text.normalize("NFC").trim();
  const byKey = new Map<string, PostalRow>();
  for (const { country, zip, city, state, lat, lon } of source) {
    const row = { country, zip: clean(zip), city: clean(city), state: clean(state), lat, lon };
    byKey.set(`${country}\t${row.state}\t${row.zip}\t${row.city}\t${lat}\t${lon}`, row);
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

function encodeTexts(
  rows: readonly PostalRow[],
  textOf: (row: PostalRow) => string,
  keyOf: (text: string) => string,
): Record<"bytes", Uint8Array> & Record<"ends" | "placeEnds" | "places" | "numberOf", Uint32Array> {
  const keyed = [...new Set(rows.map(textOf))].map((text): [string, string] => [keyOf(text), text]);
  keyed.sort(([a, x], [b, y]) => {
    if (a === b) return x < y ? -1 : 1;
    return a < b ? -1 : 1;
  });
  const numberByText = new Map(keyed.map(([, text], at) => [text, at]));
  const ends = new Uint32Array(keyed.length);
  const parts = keyed.map(([, text]) => Buffer.from(text));
  for (let at = 0, end = 0; at < parts.length; at++) ends[at] = end += parts[at].length;
  const numberOf = Uint32Array.from(rows, (row) => numberByText.get(textOf(row)) ?? 0);
  const placeEnds = new Uint32Array(keyed.length);
  for (const number of numberOf) placeEnds[number]++;
  for (let at = 1; at < placeEnds.length; at++) placeEnds[at] += placeEnds[at - 1];
  const places = new Uint32Array(rows.length);
  const next = placeEnds.slice();
  for (let at = rows.length - 1; at >= 0; at--) places[--next[numberOf[at]]] = at;
  return { bytes: Buffer.concat(parts), ends, placeEnds, places, numberOf };
}

function writeSections(
  sections: Readonly<Record<string, Float32Array | Uint8Array | Uint16Array | Uint32Array>>,
  regions: readonly (readonly string[])[],
): Uint8Array<ArrayBuffer> {
  let end = 0;
  const places: Record<string, [number, number]> = {};
  for (const [name, section] of Object.entries(sections)) {
    places[name] = [end, section.length];
    end = roundedUp(end + section.byteLength);
  }
  const directory = Buffer.from(JSON.stringify({ sections: places, regions }));
  const begin = roundedUp(magic.length + 4 + directory.length);
  const bytes = new Uint8Array(begin + end);
  bytes.set(Buffer.from(magic));
  new DataView(bytes.buffer).setUint32(magic.length, directory.length, true);
  bytes.set(directory, magic.length + 4);
  for (const [name, { buffer, byteOffset, byteLength }] of Object.entries(sections)) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), begin + places[name][0]);
  }
  return bytes;
}
