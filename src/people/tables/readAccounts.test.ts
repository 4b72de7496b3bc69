import { rmSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, test } from "vitest";
import { Random } from "../../core/index.ts";
import type { Event } from "../../event/index.ts";
import { directoryOf } from "../../testing/eventFiles.ts";
import { type ReadSession, type ReadTables, readTables } from "../../testing/peopleTables.ts";
import { stageEvents } from "./stageEvents.ts";
import type { PlaceSource } from "./whereabouts.ts";

const accessHeader =
  "ACCOUNT,ACCESS_TOKEN,DEVICE_ID,GPS_CITY,GPS_STATE,GPS_ZIP_CODE,ACCESS_DAY,ACCESS_PART_DAY,TIME,LAT,LON";
const actionHeader = "ACCOUNT,ACCESS_TOKEN,ACTION,SONG_ID,ARTIST_ID,PLAYLIST_ID,TIME,GENRE";

async function read(
  access: readonly string[],
  actions: readonly string[] = [],
  places?: PlaceSource,
): Promise<ReadTables> {
  const directory = directoryOf({
    "access.csv": [accessHeader, ...access].join("\n"),
    "actions.csv": [actionHeader, ...actions].join("\n"),
  });
  return readTables(
    [join(directory, "access.csv")],
    actions.length === 0 ? [] : [join(directory, "actions.csv")],
    places === undefined ? {} : { places },
  );
}

/** One session's row, of account a. */
async function readOne(row: string, places?: PlaceSource): Promise<ReadSession> {
  const { sessions } = await read([row], [], places);
  expect(sessions).toHaveLength(1);
  return sessions[0];
}

/** Two places on Earth. */
const places: PlaceSource = {
  placeAt: (lat) =>
    lat > 80 ? undefined : { city: "Berlin", state: "16", zip: "10115", country: "DE" },
  middleOf: ({ zip, city }) =>
    zip === "10001" || city === "New York" ? { lat: 40.75, lon: -74 } : undefined,
  timeZoneAt: (_, lon) => (lon < 0 ? "America/New_York" : "Europe/Berlin"),
};

describe("cells", () => {
  test("are trimmed; empty ones are missing; headers come in any case, unknown ones are left out", async () => {
    const directory = directoryOf({
      "access.csv":
        '\ufeffaccess_token, Account ,device_id,Mood\r\nt1," a ",  ,x\r\n\r\nt2,a,"d,1",y\r\n',
    });
    const { sessions, refusals, lacking } = await readTables([join(directory, "access.csv")], []);
    expect(sessions.map(({ token, cells }) => [token, cells])).toEqual([
      ["t1", {}],
      ["t2", { device: "d,1" }],
    ]);
    expect(sessions[0]).toMatchObject({ account: "a", start: Number.NaN, hour: -1 });
    expect([...refusals.notes].join()).toContain('"Mood"');
    expect(lacking).toContain("city");
    expect(lacking).toContain("song");
    expect(lacking).not.toContain("device");
  });

  test("days that mean the same are one value, others stay", async () => {
    const { accounts } = await read([
      "a,t1,,,,,wed,,,,",
      "a,t2,,,,,3,,,,",
      "a,t3,,,,,2024-05-01,,,,",
      "a,t4,,,,,mittwoch,,,,",
    ]);
    expect(accounts[0].names[4]).toEqual(["Wednesday", "mittwoch"]);
  });

  test("codes follow the UTF-8 bytes of their values", async () => {
    const { accounts } = await read(["a,t1,😀,,,,,,,,", "a,t2,\uffee,,,,,,,,", "a,t3,a,,,,,,,,"]);
    expect(accounts[0].names[0]).toEqual(["a", "\uffee", "😀"]);
    expect([...accounts[0].columns].filter((_, at) => at % 6 === 0)).toEqual([3, 2, 1]);
  });

  test.each(["ACCOUNT,DEVICE_ID\na,d\n", "ACCOUNT,ACCESS_TOKEN,account\na,t,a\n", ""])(
    "a file without what it needs is refused: %j",
    async (text) => {
      const directory = directoryOf({ "access.csv": text });
      await expect(readTables([join(directory, "access.csv")], [])).rejects.toMatchObject({
        code: "FILE_UNREADABLE",
      });
    },
  );
});

describe("time", () => {
  const utc = (text: string): number => Date.parse(text);

  test.each<[what: string, time: string, place: string, start: number, hour: number]>([
    ["an offset is local time", "2024-03-31T23:30:00-05:00", ",", utc("2024-04-01T04:30Z"), 167],
    ["so is one without a colon", "2024-01-01 05:45:00+0545", ",", utc("2024-01-01T00:00Z"), 5],
    ["Z alone says no hour", "2024-01-01T10:00:00Z", ",", utc("2024-01-01T10:00Z"), -1],
    ["neither does no offset", "2024-01-01T10:00:00", ",", utc("2024-01-01T10:00Z"), -1],
    ["+00:00 is taken at its word", "2024-01-01T10:00:00+00:00", ",", utc("2024-01-01T10:00Z"), 10],
    ["but for coordinates", "2024-01-01T10:00:00+00:00", "52.5,13.4", utc("2024-01-01T10:00Z"), 11],
    ["before summer time", "2024-03-31T00:59:59Z", "52.5,13.4", utc("2024-03-31T00:59:59Z"), 145],
    ["in summer time", "2024-03-31T01:00:00Z", "52.5,13.4", utc("2024-03-31T01:00Z"), 147],
    ["before winter time", "2024-10-27T00:30:00Z", "52.5,13.4", utc("2024-10-27T00:30Z"), 146],
    ["in winter time", "2024-10-27T01:30:00Z", "52.5,13.4", utc("2024-10-27T01:30Z"), 146],
    ["over the edge of a week", "2024-01-01T03:00:00Z", "40,-74", utc("2024-01-01T03:00Z"), 166],
    ["(0, 0) is nowhere", "2024-01-01T10:00:00Z", "0,0", utc("2024-01-01T10:00Z"), -1],
    ["epoch milliseconds", "1704103200000", "52.5,13.4", utc("2024-01-01T10:00Z"), 11],
    ["epoch seconds", "1704103200", "52.5,13.4", utc("2024-01-01T10:00Z"), 11],
    ["what is no time is missing", "soon", "52.5,13.4", Number.NaN, -1],
  ])("%s", async (_, time, place, start, hour) => {
    expect(await readOne(`a,t,,,,,,,${time},${place}`, places)).toMatchObject({ start, hour });
  });

  test("fills weekday and part of day where they are empty, and only there", async () => {
    const time = "2024-03-31T23:30:00-05:00";
    expect((await readOne(`a,t,,,,,,,${time},,`)).cells).toEqual({
      day: "Sunday",
      part: "evening",
    });
    expect((await readOne(`a,t,,,,,Mon,dusk,${time},,`)).cells).toEqual({
      day: "Monday",
      part: "dusk",
    });
  });

  test("the middle of a known place says the time zone", async () => {
    const session = await readOne("a,t,,,,10001,,,2024-07-01T03:00:00Z,,", places);
    expect(session).toMatchObject({ hour: 167, lat: 40.75, lon: -74 });
  });

  test("a session ends with its last action, else after half an hour; never before it starts", async () => {
    const { sessions } = await read(
      [
        "a,t1,,,,,,,2024-01-01T10:00:00Z,,",
        "a,t2,,,,,,,2024-01-01T12:00:00Z,,",
        "a,t3,,,,,,,2024-01-01T14:00:00Z,,",
        "a,t4,,,,,,,,,",
      ],
      [
        "a,t1,play,s,,,2024-01-01T10:50:00Z,",
        "a,t1,play,s,,,2024-01-01T10:05:00Z,",
        "a,t1,play,s,,,,",
        "a,t3,play,s,,,2024-01-01T13:00:00Z,",
      ],
    );
    expect(sessions.map(({ end }) => end)).toEqual([
      utc("2024-01-01T10:50Z"),
      utc("2024-01-01T12:30Z"),
      utc("2024-01-01T14:00Z"),
      Number.NaN,
    ]);
  });
});

describe("places", () => {
  test("coordinates fill city, state and postal code where they are empty", async () => {
    expect((await readOne("a,t,,,,,,,,52.5,13.4", places)).cells).toEqual({
      city: "Berlin",
      state: "16",
      zip: "10115",
    });
    expect((await readOne("a,t,,Potsdam,,,,,,52.5,13.4", places)).cells).toEqual({
      city: "Potsdam",
      state: "16",
      zip: "10115",
    });
  });

  test.each(["0,0", "95,1", "85,1", "x,y", ","])("but for %s", async (coordinates) => {
    expect((await readOne(`a,t,,,,,,,,${coordinates}`, places)).cells).toEqual({});
  });
});

describe("order", () => {
  test("is by start, then by token, those without a start last", async () => {
    const { sessions } = await read([
      "a,t9,,,,,,,,,",
      "a,t3,,,,,,,2024-01-02T00:00:00Z,,",
      "a,t2,,,,,,,2024-01-02T00:00:00Z,,",
      "a,t4,,,,,,,2024-01-01T00:00:00Z,,",
      "a,t1,,,,,,,,,",
      "B,t,,,,,,,,,",
    ]);
    expect(sessions.map(({ account, token }) => account + token)).toEqual(
      ["Bt", "at4", "at2", "at3", "at1", "at9"], // B before a: by bytes
    );
  });

  test("of actions is by time, then by what they are", async () => {
    const { sessions } = await read(
      ["a,t,,,,,,,,,"],
      [
        "a,t,skip,s2,,,2024-01-01T10:00:02Z,rock",
        "a,t,play,s1,,,2024-01-01T10:00:01Z,pop",
        "a,t,like,s1,,,2024-01-01T10:00:02Z,pop",
        "a,t,save,s3,r,p,,",
      ],
    );
    expect(sessions[0].actions).toEqual([
      ["play", 1, "", "", "pop"],
      ["like", 1, "", "", "pop"],
      ["skip", 2, "", "", "rock"],
      ["save", 3, 1, 1, ""],
    ]);
  });
});

describe("refusals", () => {
  test("are counted by reason, with file and row", async () => {
    const { sessions, refusals } = await read(
      [
        "a,t1,d2,,,,,,2024-01-02T00:00:00Z,,",
        "a,t1,d1,,,,,,2024-01-01T00:00:00Z,,",
        "a,t1,d3,,,,,,,,",
        ",t2,d,,,,,,,,",
        "a,,d,,,,,,,,",
        "b,t1,d,,,,,,,,",
        "short,row",
      ],
      ["a,t1,play,s,,,,", "a,t9,play,s,,,,", "z,t1,play,s,,,,", "b,t1,play,s,,,,"],
    );
    // The earliest of a token is kept, with its actions.
    expect(
      sessions.map(({ token, cells, actions }) => [token, cells["device"], actions.length]),
    ).toEqual([
      ["t1", "d1", 1],
      ["t1", "d", 1],
    ]);
    const told = refusals
      .list()
      .map(({ reason, count, examples }) => [
        reason,
        count,
        ...examples.map((example) => example.slice(example.lastIndexOf("/") + 1)),
      ]);
    expect(told.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))).toEqual([
      ["accesses whose token is there already", 2, "access.csv:3", "access.csv:4"],
      ["accesses without account or token", 2, "access.csv:5", "access.csv:6"],
      ["actions without their session", 2, "actions.csv:3", "actions.csv:4"],
      ["rows of another width than the header", 1, "access.csv:8"],
    ]);
    expect(refusals.count).toBe(7);
  });

  test("a file without a row is no account", async () => {
    const { sessions, refusals } = await read([]);
    expect([sessions, refusals.count]).toEqual([[], 0]);
  });
});

/** Rows with ties, duplicates, orphans and gaps of every kind. */
function someRows(seed: number): { access: string[]; actions: string[] } {
  const random = new Random(seed);
  const pick = (list: readonly string[]): string => list[random.below(list.length)];
  const access = Array.from({ length: 300 }, () =>
    [
      pick(["a", "b", "ç", "D d"]),
      pick(["t", "u", "v"]) + random.below(25),
      pick(["", "d1", "d2", "😀"]),
      pick(["", "Berlin", "Lisboa"]),
      "",
      pick(["", "10115", "10001"]),
      pick(["", "mon", "1", "2024-01-01", "x"]),
      pick(["", "night"]),
      pick(["", "2024-01-01T10:00:00Z", "2024-03-31T03:00:00+02:00", "2024-01-01T10:00:01Z"]),
      pick(["", "52.5", "85"]),
      pick(["", "13.4"]),
    ].join(","),
  );
  const actions = Array.from({ length: 900 }, () =>
    [
      pick(["a", "b", "ç", "D d"]),
      pick(["t", "u", "v"]) + random.below(25),
      pick(["play", "like", ""]),
      `s${random.below(9)}`,
      pick(["", "r1", "r2"]),
      pick(["", "p"]),
      pick(["", "2024-01-01T10:00:00Z", "2024-01-01T10:00:01Z"]),
      pick(["", "pop", "rock"]),
    ].join(","),
  );
  return { access, actions };
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [copy[i], copy[j]] = [copy[j], copy[i]];
  }
  return copy;
}

test("rows in any order, in any number of files, give the same", async () => {
  const { access, actions } = someRows(3);
  const expected = await read(access, actions, places);
  expect(expected.sessions.length).toBeGreaterThan(150);
  for (const seed of [1, 2, 3]) {
    const random = new Random(seed);
    const other = await read(shuffled(access, random), shuffled(actions, random), places);
    expect(other.accounts).toEqual(expected.accounts);
    expect(other.refusals.count).toBe(expected.refusals.count);
  }
});

test("NDJSON and Parquet say the same as CSV", async () => {
  const { access, actions } = someRows(4);
  const expected = await read(access, actions, places);
  const lines = (header: string, rows: readonly string[]): string =>
    rows
      .map((row) => {
        const cells = row.split(",");
        const names = header.toLowerCase().split(",");
        return JSON.stringify(Object.fromEntries(names.map((name, at) => [name, cells[at]])));
      })
      .join("\n");
  const directory = directoryOf({
    "access.ndjson": lines(accessHeader, access),
    "actions.jsonl": lines(actionHeader, actions),
    "access.csv": [accessHeader, ...access].join("\n"),
    "actions.csv": [actionHeader, ...actions].join("\n"),
  });
  const path = (name: string): string => join(directory, name);
  const ndjson = await readTables([path("access.ndjson")], [path("actions.jsonl")], { places });
  expect(ndjson.accounts).toEqual(expected.accounts);

  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  for (const name of ["access", "actions"]) {
    await connection.run(
      `COPY (SELECT * FROM read_csv('${path(name)}.csv', all_varchar = true)) TO '${path(name)}.parquet'`,
    );
    rmSync(path(`${name}.csv`));
  }
  const parquet = await readTables([path("access.parquet")], [path("actions.parquet")], { places });
  expect(parquet.accounts).toEqual(expected.accounts);
  expect(parquet.refusals.count).toBe(expected.refusals.count);

  // Columns with types of their own.
  await connection.run(
    `COPY (SELECT 1 AS ACCOUNT, 7::DOUBLE AS ACCESS_TOKEN, 10115::DOUBLE AS GPS_ZIP_CODE, DATE '2024-01-02' AS ACCESS_DAY,
       TIMESTAMP '2024-01-02 10:00:00' AS TIME, 52.5::FLOAT AS LAT, 13.5::FLOAT AS LON) TO '${path("typed.parquet")}'`,
  );
  const { sessions } = await readTables([path("typed.parquet")], [], { places });
  expect(sessions).toMatchObject([
    {
      account: "1",
      token: "7",
      cells: { zip: "10115", city: "Berlin", day: "Tuesday", part: "morning" },
      start: Date.UTC(2024, 0, 2, 10),
      hour: 35,
      lat: 52.5,
    },
  ]);
  connection.closeSync();
  instance.closeSync();
});

test("events are accesses and what is done in them", async () => {
  const at = (minute: number): number => Date.UTC(2024, 6, 1, 10, minute);
  const events: Event[] = [
    { type: "item_set", time: at(0), item: "s1", context: { categories: "pop|dance" } },
    { type: "play", time: at(5), account: "a", session: "t1", item: "s1", artist: "r" },
    {
      type: "access",
      time: at(1),
      account: "a",
      session: "t1",
      device: "d",
      location: { city: "Berlin", zip: "10115", country: "DE", timeZone: "Europe/Berlin" },
    },
    {
      type: "like",
      time: at(9),
      account: "a",
      session: "t1",
      item: "s2",
      context: { genre: "jazz" },
    },
    { type: "play", time: at(9), account: "a", session: "t2", item: "s2" },
    { type: "play", time: at(9), account: "a", item: "s2" },
    { type: "access", time: at(9), session: "anonymous" },
    { type: "access", time: at(9), account: "a" },
  ];
  const { sessions, refusals } = await readTables([], [], {
    stage: async (staging) => {
      await stageEvents(staging, staging.addFile("events"), events, 1);
    },
  });
  expect(sessions).toMatchObject([
    {
      token: "t1",
      cells: { device: "d", city: "Berlin", zip: "10115", day: "Monday", part: "afternoon" },
      start: at(1),
      end: at(9),
      hour: 12,
      actions: [
        ["play", 1, 1, "", "pop"],
        ["like", 2, "", "", "jazz"],
      ],
    },
  ]);
  expect(refusals.list().map(({ count, examples }) => [count, ...examples])).toEqual([
    [1, "events:8"],
    [1, "events:5"],
  ]);
});
