/** What a message says beyond the fields of an event: texts and numbers, for its `context`. */
import { type Fields, isAbsent, isContextKey, isContextValue, isObject } from "../eventChecks.ts";

/** A feature for `context`. */
export interface Scalar {
  readonly key: string;
  /** Where it stands in the message, with `$` for the number of a product, as Segment writes it. */
  readonly path: string;
  readonly value: string | number;
}

export interface ScalarOptions {
  /** Of every path; empty, or ending in a dot. */
  readonly prefix: string;
  /** Paths that are fields of the event already. */
  readonly taken: ReadonlySet<string>;
  /** Told the path of each value that can't be kept. */
  readonly onLeft: (path: string) => void;
}

/** Objects within objects are read so deep: `context.device.model` is at 2. */
const depthMax = 2;

/**
 * Last names of paths, in small letters and without `_`, that are never kept: coordinates (they would tell
 * where somebody lives), addresses and names of people, and what finds a person or phone elsewhere.
 */
const privateNames: ReadonlySet<string> = new Set([
  "lat",
  "latitude",
  "lon",
  "lng",
  "long",
  "longitude",
  "coordinates",
  "ip",
  "traits",
  "email",
  "phone",
  "address",
  "firstname",
  "lastname",
  "recipient",
  "token",
  "password",
  "advertisingid",
  "idfa",
  "idfv",
]);

/**
 * The texts, numbers and booleans (1 and 0) of an object, those of inner objects under `outer.inner`. Null
 * and empty texts say nothing. Lists, what is too long or too deep, and private names are left.
 */
export function scalarsOf(root: Fields, options: ScalarOptions): Scalar[] {
  const scalars: Scalar[] = [];
  collect(root, "", 1, options, scalars);
  return scalars;
}

function collect(
  from: Fields,
  outer: string,
  depth: number,
  options: ScalarOptions,
  into: Scalar[],
): void {
  for (const name of Object.keys(from)) {
    const value = from[name];
    const key = outer + name;
    const path = options.prefix + key;
    if (isAbsent(value) || value === "" || options.taken.has(path)) continue;
    const kept = typeof value === "boolean" ? Number(value) : value;
    if (isPrivate(name)) options.onLeft(path);
    else if (isObject(kept) && depth < depthMax) collect(kept, `${key}.`, depth + 1, options, into);
    else if (isContextKey(key) && isContextValue(kept)) into.push({ key, path, value: kept });
    else options.onLeft(path);
  }
}

function isPrivate(name: string): boolean {
  return privateNames.has(name.toLowerCase().replaceAll("_", ""));
}
