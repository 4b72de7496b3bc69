/** Coordinates become places by name, offline, and places coordinates. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { FoldbackError } from "../../core/index.ts";
import type { Place } from "../event.ts";
import { PostalIndex } from "./postalIndex.ts";

/** Beside the compiled sources, for these as well as for the sources: `scripts/build-places.mjs` makes it. */
const placesFile = new URL("../../../dist/event/places/postal.bin", import.meta.url);

const require = createRequire(import.meta.url);

type TimeZoneLookup = (lat: number, lon: number) => string;

let index: PostalIndex | undefined;
let lookUpZone: TimeZoneLookup | undefined;

/** Read once, when it is first asked for: who has no coordinates does not pay for it. */
function postalIndex(): PostalIndex {
  if (index !== undefined) return index;
  try {
    // A file of this size has a buffer of its own, so its sections begin where they must.
    index = new PostalIndex(readFileSync(placesFile));
  } catch (cause) {
    if (cause instanceof FoldbackError) throw cause;
    throw new FoldbackError(
      "FILE_UNREADABLE",
      `the index of places can't be read: ${String(cause)}; build it again with: npm run build`,
      { cause },
    );
  }
  return index;
}

/**
 * The place that coordinates are in: the nearest of 1.1 million postal areas (GeoNames, CC BY 4.0), and the time zone. Undefined where
 * none is within 100 km, at (0, 0), which is what devices say that know nothing, and out of range. About 10 µs; the first call reads the index, 50 ms.
 *
 * @param lat degrees north. @param lon degrees east.
 * @throws FoldbackError FILE_UNREADABLE, DATA_CORRUPT where the build left no index.
 */
export function placeAt(lat: number, lon: number): Place | undefined {
  if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= 180) || (lat === 0 && lon === 0)) return undefined;
  const place = postalIndex().at(lat, lon);
  return place === undefined ? undefined : { ...place, timeZone: timeZoneAt(lat, lon) };
}

/**
 * The middle of a place by name, in degrees: that of its postal code, else of its city. Undefined where there is none of that name, or there
 * are several far apart and nothing tells which. About 30 µs.
 *
 * @throws as `placeAt`.
 */
export function middleOf(place: Place): { lat: number; lon: number } | undefined {
  return postalIndex().middleOf(place);
}

/** The IANA name of the time zone at a place. Under 3 µs. @param lat, lon within range. */
export function timeZoneAt(lat: number, lon: number): string {
  // Also loaded by who asks alone: its map is 70 kB of text.
  lookUpZone ??= require("tz-lookup") as TimeZoneLookup;
  return lookUpZone(lat, lon);
}
