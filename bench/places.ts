/**
 * How long does it take to turn coordinates into a place, and how often is it the right one?
 *
 * Points up to half a hundredth of a degree (about 550 m) from the middles of postal areas, in the United States and in the whole index, and points
 * anywhere on Earth, most of them at sea. Middles are all that is known of areas, so not every point is nearest to its own: about 90 % of postal codes
 * is what any method reaches that has nothing else. Where many codes share a middle (Portugal, Brazil), the first is the answer.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Random } from "#foldback/core";
import { middleOf, placeAt, timeZoneAt } from "#foldback/event";
import { bar, figure, root } from "./lib/report.ts";

/** Of the contract: microseconds. */
const lookUpMax = 50;

interface Row {
  readonly country: string;
  readonly zip: string;
  readonly city: string;
  readonly state: string;
  readonly lat: number;
  readonly lon: number;
}

export function run({ smoke }: { smoke: boolean }): void {
  const count = smoke ? 1000 : 100_000;
  const random = new Random(1);
  let beganMs = performance.now();
  placeAt(52.5, 13.4);
  figure("first look-up, which reads the index", `${(performance.now() - beganMs).toFixed(0)} ms`);
  const rows = readRows();
  for (const [name, some] of [
    ["United States", rows.filter(({ country }) => country === "US")],
    ["all countries", rows],
  ] as const) {
    const asked = Array.from({ length: count }, () =>
      near(some[random.below(some.length)], random),
    );
    beganMs = performance.now();
    const found = asked.map(({ lat, lon }) => placeAt(lat, lon));
    const each = ((performance.now() - beganMs) * 1000) / count;
    const share = (isRight: (at: number) => boolean): string =>
      `${((100 * asked.filter((_, at) => isRight(at)).length) / count).toFixed(1)} %`;
    figure(
      name,
      `${each.toFixed(1)} µs a look-up; zip ${share((at) => found[at]?.zip === asked[at].row.zip)}, ` +
        `city ${share((at) => found[at]?.city === asked[at].row.city)}, ` +
        `state ${share((at) => (found[at]?.state ?? "") === asked[at].row.state)}, ` +
        `country ${share((at) => found[at]?.country === asked[at].row.country)}`,
    );
    bar(`${name}: ≤ ${lookUpMax} µs a look-up`, each <= lookUpMax, smoke);
  }
  beganMs = performance.now();
  let foundCount = 0;
  for (let i = 0; i < count; i++) {
    if (placeAt(random.uniform() * 180 - 90, random.uniform() * 360 - 180)) foundCount++;
  }
  const anywhere = ((performance.now() - beganMs) * 1000) / count;
  figure(
    "anywhere",
    `${anywhere.toFixed(1)} µs a look-up; ${foundCount} of ${count} are somewhere`,
  );
  beganMs = performance.now();
  for (let i = 0; i < count; i++)
    timeZoneAt(random.uniform() * 180 - 90, random.uniform() * 360 - 180);
  figure("time zone", `${(((performance.now() - beganMs) * 1000) / count).toFixed(1)} µs`);
  beganMs = performance.now();
  for (let i = 0; i < count; i++) {
    const { zip, country } = rows[random.below(rows.length)];
    middleOf({ zip, country });
  }
  figure(
    "middle of a postal code",
    `${(((performance.now() - beganMs) * 1000) / count).toFixed(1)} µs`,
  );
  figure("memory of the process", `${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`);
}

function near(row: Row, random: Random): { row: Row; lat: number; lon: number } {
  const narrow = Math.max(0.1, Math.cos((row.lat * Math.PI) / 180));
  const lat = row.lat + (random.uniform() - 0.5) * 0.01;
  return { row, lat, lon: row.lon + ((random.uniform() - 0.5) * 0.01) / narrow };
}

/** What the index was built from. */
function readRows(): Row[] {
  const file = join(root, "data/geonames/all_postal.tsv.gz");
  const [, ...lines] = gunzipSync(readFileSync(file)).toString().split("\n");
  return lines.flatMap((line): Row[] => {
    const [country, zip, city, state, lat, lon] = line.split("\t");
    if (line === "" || /\bCEDEX\b/i.test(zip) || /^[ADF]PO\b/.test(city) || zip === "H0H")
      return [];
    return [{ country, zip, city, state, lat: Number(lat), lon: Number(lon) }];
  });
}
