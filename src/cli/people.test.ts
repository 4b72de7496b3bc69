/** Counting people as whoever types it meets it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { directoryOf } from "../testing/eventFiles.ts";
import { runFoldback } from "../testing/foldbackProcess.ts";

/** Two people of one account, in two homes; one of another; and accounts with names that CSV must quote. */
function tables(): { access: string[]; actions: string[] } {
  const access: string[] = [];
  const actions: string[] = [];
  for (let day = 1; day <= 28; day++) {
    const date = `2024-05-${String(day).padStart(2, "0")}`;
    for (const [account, token, device, zip, hour, song] of [
      ["shared", `m${day}`, "phone-1", "94110", "07", "pop"],
      ["shared", `e${day}`, "tablet-2", "10025", "20", "metal"],
      ["alone", `t${day}`, "phone-3", "94110", "08", "pop"],
      ['"q, ""x"""', `t${day}`, "phone-4", "60614", "12", "jazz"],
    ]) {
      access.push(`${account},${token},${device},,,${zip},,,${date}T${hour}:00:00-05:00`);
      actions.push(
        `${account},${token},play,${song}-${day % 5},${song},,${date}T${hour}:05:00-05:00,${song}`,
      );
    }
  }
  return { access, actions };
}

const accessHeader =
  "ACCOUNT,ACCESS_TOKEN,DEVICE_ID,GPS_CITY,GPS_STATE,GPS_ZIP_CODE,ACCESS_DAY,ACCESS_PART_DAY,TIME";
const actionHeader = "ACCOUNT,ACCESS_TOKEN,ACTION,SONG_ID,ARTIST_ID,PLAYLIST_ID,TIME,GENRE";

function directoryOfTables(change: (rows: string[]) => string[] = (rows) => rows): string {
  const { access, actions } = tables();
  return directoryOf({
    "access.csv": `${[accessHeader, ...change(access)].join("\n")}\n`,
    "actions.csv": `${[actionHeader, ...change(actions)].join("\n")}\n`,
  });
}

interface Counted {
  readonly people: string;
  readonly sessions: string;
  readonly stdout: string;
}

async function count(directory: string, ...more: string[]): Promise<Counted> {
  const path = (name: string): string => join(directory, name);
  const { code, stdout, stderr } = await runFoldback([
    ...["people", "count", "--access", path("access.csv"), "--actions", path("actions.csv")],
    ...["--out", path("people.csv"), "--assignments", path("sessions.csv"), ...more],
  ]);
  expect([code, stderr]).toEqual([0, ""]);
  const read = (name: string): string => readFileSync(path(name), "utf8");
  return { people: read("people.csv"), sessions: read("sessions.csv"), stdout };
}

test("a line for each account and for each session, in order, and the same as JSON", async () => {
  const { people, sessions, stdout } = await count(directoryOfTables(), "--json");
  const [header, ...lines] = people.trimEnd().split("\n");
  expect(header).toBe("account,people,low,high,probability,class,evidence");
  expect(lines.map((line) => /^(?:"(?:[^"]|"")*"|[^,]*)/.exec(line)?.[0])).toEqual([
    "alone",
    '"q, ""x"""',
    "shared",
  ]);
  const one = /^[^,]+,(\d+),(\d+),(\d+),(\d\.\d{4}),(single|family|homes|resold),/;
  const [, count_, low, high, probability] = (one.exec(lines[2]) ?? []).map(Number);
  expect(count_).toBe(2);
  expect(low).toBeLessThanOrEqual(2);
  expect(high).toBeGreaterThanOrEqual(2);
  expect(probability).toBeGreaterThan(0.5);

  const [sessionsHeader, ...assigned] = sessions.trimEnd().split("\n");
  expect(sessionsHeader).toBe("account,access_token,person,confidence");
  expect(assigned).toHaveLength(4 * 28);
  const shared = assigned.filter((line) => line.startsWith("shared,"));
  expect(shared.map((line) => line.split(",")[1])).toEqual(
    shared.map((line) => line.split(",")[1]).toSorted(),
  );
  // Mornings come first, so whoever is there then is person 1.
  for (const line of shared) {
    expect(line).toMatch(/^shared,(?:m\d+,1|e\d+,2),[01]\.\d{4}$/);
  }

  const { seconds, ...report } = JSON.parse(stdout) as Record<string, unknown>;
  expect(seconds).toBeGreaterThan(0);
  expect(report).toMatchObject({
    accounts: 3,
    sessions: 112,
    refused: 0,
    distribution: { "1": 2, "2": 1 },
  });
});

test("rows in another order and another number of threads give the same bytes", async () => {
  const expected = await count(directoryOfTables(), "--workers", "1");
  const other = await count(
    directoryOfTables((rows) => rows.toReversed()),
    ...["--workers", "3"],
  );
  expect([other.people, other.sessions]).toEqual([expected.people, expected.sessions]);
});

test("figures of few accounts are not shown, unless that is wanted", async () => {
  const { stdout } = await count(directoryOfTables());
  expect(stdout).toMatch(/^3 accounts with 112 sessions, 0 rows refused/);
  expect(stdout).toMatch(/\n1 +not told/);
  expect(stdout).toContain("Without city, state");
  const shown = await count(directoryOfTables(), "--min-cell", "1");
  expect(shown.stdout).toMatch(/\n1 +2 +66\.7 %/);
});

test("the same is counted from events, in a file or in a data directory", async () => {
  const lines = (tables().access ?? []).flatMap((row) => {
    const [account, session, device, , , zip, , , time] = row.replace('"q, ""x"""', "q").split(",");
    const event = {
      account,
      session,
      device,
      time,
      location: { zip, timeZone: "America/Chicago" },
    };
    const genre = device === "tablet-2" ? "metal" : "pop";
    return [
      JSON.stringify({ type: "access", ...event }),
      JSON.stringify({ type: "play", account, session, time, item: genre, context: { genre } }),
    ];
  });
  const directory = directoryOf({ "events.ndjson": `${lines.join("\n")}\n` });
  const path = (name: string): string => join(directory, name);
  const fromFile = await runFoldback([
    ...["people", "count", path("events.ndjson"), "--out", path("file.csv"), "--json"],
  ]);
  expect(JSON.parse(fromFile.stdout)).toMatchObject({ accounts: 3, sessions: 112, refused: 0 });
  await runFoldback(["ingest", path("events.ndjson"), "--data", path("data")]);
  const fromData = await runFoldback([
    ...["people", "count", "--data", path("data"), "--out", path("data.csv"), "--json"],
  ]);
  expect(JSON.parse(fromData.stdout)).toMatchObject({ accounts: 3, sessions: 112, refused: 0 });
  expect(readFileSync(path("data.csv"), "utf8")).toBe(readFileSync(path("file.csv"), "utf8"));
});

describe("help and wrong use", () => {
  test.each(["people", "people count"])("%s --help has an example", async (name) => {
    const { code, stdout, stderr } = await runFoldback([...name.split(" "), "--help"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/\nExample:\n {2}\$ foldback people count /);
  });

  test.each<[string, string[], string]>([
    ["nothing to read", [], "REQUEST_INVALID"],
    ["two kinds of sources", ["x.ndjson", "--access", "access.csv"], "REQUEST_INVALID"],
    ["actions alone", ["--actions", "actions.csv"], "REQUEST_INVALID"],
    ["a file that is not there", ["--access", "none.csv"], "FILE_UNREADABLE"],
    ["Parquet that is not there", ["--access", "none.parquet"], "FILE_UNREADABLE"],
    ["a file of no format", ["--access", "access.txt"], "FILE_UNREADABLE"],
    ["a data directory that is not there", ["--data", "nowhere"], "CONFIG_INVALID"],
    ["an unknown method", ["--access", "a.csv", "--method", "guess"], "--method"],
    ["hours that do not grow", ["--access", "a.csv", "--parts", "a=6,b=3"], "--parts"],
  ])("%s ends with code 2", async (_, args, named) => {
    const { code, stderr } = await runFoldback(["people", "count", ...args], {
      cwd: directoryOfTables(),
    });
    expect(code).toBe(2);
    expect(stderr).toContain(named);
  });

  test("where everything is refused the code is 1, and what fails leaves no half file", async () => {
    const directory = directoryOf({
      "access.csv": "ACCOUNT,ACCESS_TOKEN\n,t\n",
      "broken.parquet": "PAR1 and no more",
    });
    const path = (name: string): string => join(directory, name);
    const refused = await runFoldback(["people", "count", "--access", path("access.csv")]);
    expect(refused.code).toBe(1);
    const broken = await runFoldback([
      ...["people", "count", "--access", path("broken.parquet"), "--out", path("people.csv")],
    ]);
    expect(broken.code).toBe(2);
    expect(existsSync(path("people.csv"))).toBe(false);
    expect(existsSync(path("people.csv.part"))).toBe(false);
  });
});
