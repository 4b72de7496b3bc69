/** Turns GeoNames' postal codes (data/geonames) into the index that coordinates are looked up in. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { encodePostalIndex } from "../dist/event/places/postalIndex.js";
import { isMain, root } from "./lib/project.mjs";

/** @param {string} text tab-separated, with a header: country, postal code, place, first division, latitude, longitude */
export function* postalRows(text) {
  const [, ...lines] = text.split("\n");
  for (const line of lines) {
    if (line === "") continue;
    const [country, zip, city, state, lat, lon] = line.split("\t");
    // Mail of firms in France, of soldiers abroad, and to Santa Claus: none of them says who lives there.
    if (/\bCEDEX\b/i.test(zip) || /^[ADF]PO\b/.test(city) || zip === "H0H") continue;
    yield { country, zip, city, state, lat: Number(lat), lon: Number(lon) };
  }
}

if (isMain(import.meta.url)) {
  const source = gunzipSync(readFileSync(join(root, "data/geonames/all_postal.tsv.gz")));
  const bytes = encodePostalIndex(postalRows(source.toString("utf8")));
  writeFileSync(join(root, "dist/event/places/postal.bin"), bytes);
}
