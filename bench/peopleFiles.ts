/**
 * How long does it take to count the people of 100,000 accounts, from Parquet files to answers?
 *
 * 100 sessions an account and 3 actions a session, rows in an order that has nothing to do with accounts. First reading, joining and
 * grouping alone, then everything, with the best method on as many threads as there are cores.
 */
import { statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { hash64 } from "#foldback/core";
import { middleOf, placeAt, timeZoneAt } from "#foldback/event";
import {
  type AccountBatch,
  countAccounts,
  counterOf,
  defaultDayParts,
  groupAccounts,
  Refusals,
  Staging,
  stageFile,
} from "#foldback/people";
import { bar, figure, withDirectory } from "./lib/report.ts";

const sessionsEach = 100;
const actionsEach = 3;
/** Of the contract, on 2 cores. */
const secondsMax = 180;

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  const accountCount = smoke ? 200 : 100_000;
  await withDirectory(async (directory) => {
    await generate(accountCount, directory);
    const sizes = ["access", "actions"].map((name) => statSync(fileOf(directory, name)).size);
    figure("files", sizes.map((size) => `${(size / 1e6).toFixed(0)} MB`).join(" and "));
    await measure("reading alone", directory, async (batches) => {
      let sum = 0n;
      for await (const { accounts } of batches) {
        for (const { account, columns, actions } of accounts) {
          sum ^= hash64(`${account} ${columns.join()} ${actions[1].join()}`);
        }
      }
      return sum;
    });
    const counter = counterOf("best");
    const workers = availableParallelism();
    const seconds = await measure("reading and counting", directory, async (batches) => {
      let sum = 0n;
      for await (const { people } of countAccounts(batches, { counter, workers })) {
        sum ^= hash64(Buffer.from(people).toString());
      }
      return sum;
    });
    bar(`${accountCount} accounts in ≤ ${secondsMax} s`, seconds <= secondsMax, smoke);
  });
}

function fileOf(directory: string, name: string): string {
  return join(directory, `${name}.parquet`);
}

async function measure(
  name: string,
  directory: string,
  use: (batches: AsyncGenerator<AccountBatch>) => Promise<bigint>,
): Promise<number> {
  const beganMs = performance.now();
  const began = process.cpuUsage();
  const refusals = new Refusals();
  const staging = await Staging.open();
  try {
    await stageFile(staging, "access", fileOf(directory, "access"), { refusals });
    await stageFile(staging, "action", fileOf(directory, "actions"), { refusals });
    const grouped = await groupAccounts(staging, {
      dayParts: defaultDayParts,
      places: { placeAt, middleOf, timeZoneAt },
      refusals,
    });
    const checksum = await use(grouped.batches());
    const seconds = (performance.now() - beganMs) / 1000;
    const cpu = process.cpuUsage(began);
    figure(
      name,
      `${seconds.toFixed(1)} s, ${((cpu.user + cpu.system) / 1e6).toFixed(1)} s of CPU, ` +
        `${(process.resourceUsage().maxRSS / 1e3).toFixed(0)} MB at most, checksum ${checksum.toString(16)}`,
    );
    return seconds;
  } finally {
    await staging.close();
  }
}

/** One to three people an account, each with a home, two devices and a taste. DuckDB's hash of the row's number is the random one. */
async function generate(accountCount: number, directory: string): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const account = `(session // ${sessionsEach})`;
  const people = `(1 + hash(${account}) % 3)`;
  const person = `(${account} * 3 + hash(session + 7) % ${people})`;
  const start = `TIMESTAMP '2025-01-01' + to_seconds((hash(session + 1) % 31536000)::BIGINT)`;
  await connection.run(
    `COPY (
       SELECT 'account-' || ${account} AS ACCOUNT, 'session-' || hash(session) AS ACCESS_TOKEN,
         'device-' || (${person} * 2 + hash(session + 2) % 2) AS DEVICE_ID,
         'City ' || (hash(${person} // 2) % 3000) AS GPS_CITY, 'S' || (hash(${person} // 2) % 50) AS GPS_STATE,
         ((10000 + hash(${person} // 2) % 80000 + (hash(session + 3) % 20) // 19)::VARCHAR) AS GPS_ZIP_CODE,
         dayname(${start}) AS ACCESS_DAY, ['night', 'morning', 'afternoon', 'evening'][1 + hour(${start}) // 6] AS ACCESS_PART_DAY,
         ${start} AS TIME
       FROM range(${accountCount * sessionsEach}) AS rows(session) ORDER BY hash(session + 4)
     ) TO '${fileOf(directory, "access")}'`,
  );
  await connection.run(
    `COPY (
       SELECT 'account-' || ${account} AS ACCOUNT, 'session-' || hash(session) AS ACCESS_TOKEN,
         ['play', 'play', 'skip', 'like'][1 + (hash(action + 5) % 4)::BIGINT] AS ACTION,
         'song-' || song AS SONG_ID, 'artist-' || (song // 10) AS ARTIST_ID, 'list-' || (hash(action + 6) % 1000) AS PLAYLIST_ID,
         'genre-' || (song // 4000) AS GENRE, ${start} + to_minutes((3 * (action % ${actionsEach}))::BIGINT) AS TIME
       FROM (
         SELECT action, session, (hash(${person}) % 10 * 8000 + hash(action) % 20000) % 80000 AS song
         FROM (SELECT action, action // ${actionsEach} AS session FROM range(${accountCount * sessionsEach * actionsEach}) AS rows(action))
       ) ORDER BY hash(action + 8)
     ) TO '${fileOf(directory, "actions")}'`,
  );
  connection.closeSync();
  instance.closeSync();
}
