/**
 * How long does the grid of 36 click, engaged-view and view windows take, over five million touches and 300,000 conversions, from Parquet?
 *
 * A million accounts, of which few see most; 90 days; ids and accounts are texts. From the opening of the file to the cells, without and
 * with groups by campaign. Beside it, in the same run, what DuckDB takes to read the columns that are needed, and to sort them by account
 * and time: whoever joins touches with conversions does as much.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import {
  compare,
  costsOf,
  defaultConversions,
  EventTables,
  type GridKey,
  gridSettings,
  resolve,
  type TouchDimension,
} from "#foldback/attribution";
import { hash64, systemClock } from "#foldback/core";
import { bar, count, figure, withDirectory } from "./lib/report.ts";

/** Of the contract, on 2 cores. */
const secondsMax = 4;
/** Of a report on the cells alone, once conversions are resolved. */
const gridSecondsMax = 0.5;

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  const rowCount = smoke ? 5300 : 5_300_000;
  await withDirectory(async (directory) => {
    const path = join(directory, "events.parquet");
    await generate(rowCount, path);
    const before = megabytes();
    figure("file", `${(statSync(path).size / 1e6).toFixed(0)} MB, ${count(rowCount)} rows`);
    const plain = await measure("36 cells", path, rowCount, []);
    const byCampaign = await measure("by campaign", path, rowCount, ["campaign"]);
    figure("memory", `${megabytes()} MB at most, of which ${before} MB before the first of them`);
    await measureLimit(path);
    bar(`36 cells in ≤ ${secondsMax} s`, plain.seconds <= secondsMax, smoke);
    const slowest = Math.max(plain.gridSeconds, byCampaign.gridSeconds);
    bar(`the cells alone in ≤ ${gridSecondsMax} s`, slowest <= gridSecondsMax, smoke);
  });
}

function megabytes(): number {
  return Math.round(process.resourceUsage().maxRSS / 1e3);
}

async function measure(
  name: string,
  path: string,
  rowCount: number,
  by: readonly (GridKey & TouchDimension)[],
): Promise<{ seconds: number; gridSeconds: number }> {
  const beganMs = performance.now();
  const began = process.cpuUsage();
  const tables = await EventTables.open({ conversions: defaultConversions, clock: systemClock });
  try {
    await tables.addFile(path);
    const { money } = await tables.prepare();
    const resolved = await resolve(tables, { dimensions: by, hasAccounts: false, hasIds: false });
    const costs = await costsOf(tables, by);
    const gridBeganMs = performance.now();
    const { cells } = compare(resolved, costs, gridSettings({ by }), money);
    const endedMs = performance.now();
    const cpu = process.cpuUsage(began);
    const seconds = (endedMs - beganMs) / 1000;
    const gridSeconds = (endedMs - gridBeganMs) / 1000;
    figure(
      name,
      `${seconds.toFixed(2)} s, ${((cpu.user + cpu.system) / 1e6).toFixed(2)} s of CPU, ${count(rowCount / seconds)} rows/s; ` +
        `the cells alone ${gridSeconds.toFixed(2)} s; ${count(cells.length)} lines, ` +
        `checksum ${hash64(JSON.stringify(cells)).toString(16)}`,
    );
    return { seconds, gridSeconds };
  } finally {
    await tables.close();
  }
}

async function measureLimit(path: string): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const time = async (name: string, query: string): Promise<void> => {
    const beganMs = performance.now();
    const began = process.cpuUsage();
    await connection.run(query);
    const cpu = process.cpuUsage(began);
    const seconds = (performance.now() - beganMs) / 1000;
    figure(name, `${seconds.toFixed(2)} s, ${((cpu.user + cpu.system) / 1e6).toFixed(2)} s of CPU`);
  };
  await time(
    "DuckDB reads",
    `SELECT max(id), max(account), max(type), max(time), max(session), max("ad.cost") FROM '${path}'`,
  );
  await time(
    "DuckDB sorts",
    `CREATE TABLE sorted AS SELECT account, time, type, id FROM '${path}' ORDER BY account, time`,
  );
  connection.closeSync();
  instance.closeSync();
}

/** In the order of time, nearly. DuckDB's hash of the row's number is the random one. */
async function generate(rowCount: number, path: string): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  const draw = (salt: number): string => `(hash(row * 16 + ${salt}) / 18446744073709551616.0)`;
  const isTouch = "row % 53 >= 3";
  await connection.run(
    `COPY (
       SELECT md5(row::VARCHAR) AS id,
         CASE WHEN ${isTouch} THEN CASE WHEN kind < 0.08 THEN 'ad_click' WHEN kind < 0.2 THEN 'ad_engaged_view' ELSE 'ad_impression' END
           WHEN kind < 0.5 THEN 'purchase' WHEN kind < 0.8 THEN 'add_to_cart' ELSE 'subscribe' END AS type,
         make_timestamp_ms((1735689600000 + row * (7776000000.0 / ${rowCount}) + ${draw(1)} * 86400000)::BIGINT) AS time,
         'account-' || floor(power(${draw(2)}, 3) * 1000000)::BIGINT AS account,
         CASE WHEN ${draw(3)} < 0.3 THEN 'session-' || hash(row // 3) % 2000000 END AS session,
         CASE WHEN ${isTouch} THEN NULL ELSE 'item-' || hash(row) % 1000 END AS item,
         CASE WHEN ${isTouch} THEN NULL ELSE round(${draw(4)} * 100, 2) END AS value,
         CASE WHEN ${isTouch} THEN 'channel-' || hash(row) % 6 END AS "ad.channel",
         CASE WHEN ${isTouch} THEN 'campaign-' || floor(power(${draw(5)}, 2) * 200)::BIGINT END AS "ad.campaign",
         CASE WHEN ${isTouch} THEN round(${draw(6)} * 0.02, 4) END AS "ad.cost",
         'web' AS source
       FROM (SELECT row, ${draw(0)} AS kind FROM range(${rowCount}) AS rows(row))
     ) TO '${path}' (FORMAT parquet)`,
  );
  connection.closeSync();
  instance.closeSync();
}
