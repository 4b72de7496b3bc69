/** `foldback simulate` as whoever types it meets it; what is simulated has its tests in src/simulate. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Event } from "../event/index.ts";
import { simulate, simulateHouseholds } from "../simulate/index.ts";
import { runFoldback } from "../testing/foldbackProcess.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";

const options = { accounts: 40, days: 5, items: 60, seed: 7 };
const flags = ["--accounts", "40", "--days", "5", "--items", "60", "--seed", "7"];

/** A file's lines; of a CSV file, its rows by column. */
function lines(directory: string, name: string): string[] {
  return readFileSync(join(directory, name), "utf8").trimEnd().split("\n");
}

function rows(directory: string, name: string): Record<string, string>[] {
  const [header, ...rest] = lines(directory, name).map((line) => line.split(","));
  for (const cells of rest) expect(cells).toHaveLength(header.length);
  return rest.map((cells) => Object.fromEntries(cells.map((cell, i) => [header[i], cell])));
}

test("the files are the simulation's events and truth; every event is taken by ingest", async () => {
  const cwd = temporaryDirectory();
  const out = join(cwd, "made", "here");
  const args = ["simulate", ...flags, "--out", out, "--impressions"];
  const { code, stdout, stderr } = await runFoldback(args, { cwd });
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/\nc5-retargeting .* 0\n/);
  expect(stdout).toMatch(/ events into .* in [\d.]+ s, [\d,]+ events\/s/);

  const simulation = simulate(options);
  const expected = [...simulation];
  const events = lines(out, "events.ndjson");
  expect(events).toEqual(expected.map(({ event }) => JSON.stringify(event)));
  expect(lines(out, "catalogue.ndjson")).toEqual(
    events.filter((line) => (JSON.parse(line) as Event).type === "item_set"),
  );

  const sessions = rows(out, "truth-sessions.csv");
  expect(
    sessions.map(({ session, person, start, place }) => [session, person, start, place]),
  ).toEqual(
    expected.flatMap(({ event, truth }) =>
      truth.place === undefined
        ? []
        : [[event.session, String(truth.person), String(event.time), truth.place.kind]],
    ),
  );
  const accounts = rows(out, "truth-accounts.csv");
  expect(accounts.map(({ account, people }) => [account, Number(people)])).toEqual(
    [...simulation.accounts()].map(({ account, people }) => [account, people]),
  );
  const impressions = rows(out, "truth-impressions.csv");
  expect(
    impressions.map(({ request, item, probability }) => [request, item, Number(probability)]),
  ).toEqual(
    expected.flatMap(({ event, truth }) =>
      truth.playProbability === undefined
        ? []
        : [[event.request, event.item, truth.playProbability]],
    ),
  );
  const touches = rows(out, "truth-touches.csv");
  expect(touches.map(({ id, person }) => [id, Number(person)])).toEqual(
    expected.flatMap(({ event, truth }) =>
      event.ad === undefined ? [] : [[event.id, truth.person]],
    ),
  );
  const conversions = rows(out, "truth-conversions.csv");
  expect(conversions.length).toBe(simulation.conversions().conversions);
  const caused = conversions
    .filter((row) => row["without_ads"] === "0")
    .map((row) => row["campaign"]);
  for (const { campaign, caused: count } of simulation.campaigns()) {
    expect(caused.filter((each) => each === campaign)).toHaveLength(count);
    const row = rows(out, "truth-campaigns.csv").find((each) => each["campaign"] === campaign);
    expect(Number(row?.["caused"])).toBe(count);
  }
  const readme = readFileSync(join(out, "README.md"), "utf8");
  for (const name of readdirSync(out).filter((each) => each !== "README.md")) {
    expect(readme).toContain(name.startsWith("truth-") ? `## ${name}` : `\`${name}\``);
    if (!name.endsWith(".csv")) continue;
    for (const column of lines(out, name)[0].split(",")) expect(readme).toContain(`\`${column}\``);
  }
  expect(readme).toContain(`foldback simulate --accounts 40 --days 5 --items 60 --seed 7`);

  const ingested = await runFoldback(["ingest", join(out, "events.ndjson"), "--json"], { cwd });
  expect(JSON.parse(ingested.stdout)).toMatchObject([
    { accepted: events.length, duplicates: 0, refusedCount: 0 },
  ]);
});

test("a directory with something in it is left alone, unless it is forced", async () => {
  const cwd = temporaryDirectory();
  mkdirSync(join(cwd, "full"));
  writeFileSync(join(cwd, "full", "mine.txt"), "mine");
  const args = ["simulate", ...flags, "--out", "full"];
  const refused = await runFoldback(args, { cwd });
  expect(refused).toMatchObject({ code: 2, stdout: "" });
  expect(refused.stderr).toContain("full is not empty; name another, or add --force");
  expect(readdirSync(join(cwd, "full"))).toEqual(["mine.txt"]);

  const forced = await runFoldback([...args, "--force", "--json", "--ad-effect", "0"], { cwd });
  expect([forced.code, forced.stderr]).toEqual([0, ""]);
  const told = JSON.parse(forced.stdout) as Record<string, unknown>;
  expect(Object.keys(told)).toEqual(["events", "seconds", "conversions", "campaigns"]);
  expect(told["events"]).toBe(lines(join(cwd, "full"), "events.ndjson").length);
  const { conversions, withoutAds } = told["conversions"] as Record<string, number>;
  expect(conversions).toBe(withoutAds);
  expect(readFileSync(join(cwd, "full", "mine.txt"), "utf8")).toBe("mine");
  expect(existsSync(join(cwd, "full", "truth-impressions.csv"))).toBe(false);
});

test("what can't be written is wrong use, told without a stack", async () => {
  const cwd = temporaryDirectory();
  mkdirSync(join(cwd, "full", "events.ndjson"), { recursive: true });
  const args = ["simulate", ...flags, "--out", "full", "--force"];
  const { code, stdout, stderr } = await runFoldback(args, { cwd });
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^error: full can't be written into: EISDIR.*\(REQUEST_INVALID\)\n$/);
});

test("an empty directory is taken, and --start says the first day", async () => {
  const cwd = temporaryDirectory();
  mkdirSync(join(cwd, "empty"));
  const args = ["simulate", ...flags, "--out", "empty", "--start", "2024-07-01", "--drift", "0.5"];
  expect((await runFoldback(args, { cwd })).code).toBe(0);
  const [first] = lines(join(cwd, "empty"), "events.ndjson");
  expect((JSON.parse(first) as Event).time).toBe(Date.UTC(2024, 6, 1));
  const readme = readFileSync(join(cwd, "empty", "README.md"), "utf8");
  expect(readme).toContain("--start 2024-07-01 --drift 0.5");
});

test("--households writes the tables of sessions and actions, and whose they are", async () => {
  const cwd = temporaryDirectory();
  const out = join(cwd, "households");
  const args = ["simulate", "--households", "mixed", "--accounts", "12", "--seed", "5", "--vary"];
  const more = ["--set", "noActions=0.2", "--set", "deviceMissing=0.3", "--out", out];
  const { code, stdout, stderr } = await runFoldback([...args, ...more], { cwd });
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/\n12 accounts, [\d,]+ sessions, [\d,]+ actions into /);

  const parameters = { noActions: 0.2, deviceMissing: 0.3 };
  const options = { level: "mixed", accounts: 12, seed: 5, varies: 1, parameters } as const;
  const accounts = [...simulateHouseholds(options)];
  const sessions = accounts.flatMap(({ account, sessions: all }) =>
    all.map((session) => ({ account, ...session })),
  );
  const text = (value: string | number | undefined): string => String(value ?? "");
  expect(
    rows(out, "access.csv").map(({ TIME, ...row }) => [...Object.values(row), Date.parse(TIME)]),
  ).toEqual(
    sessions.map((session) => {
      const { account, city, day, device, latitude, longitude, part, start, state, token, zip } =
        session;
      const cells = [account, token, device, city, state, zip, day, part, latitude, longitude];
      return [...cells.map(text), start];
    }),
  );
  expect(
    rows(out, "actions.csv").map(({ TIME, ...row }) => [...Object.values(row), Date.parse(TIME)]),
  ).toEqual(
    sessions.flatMap(({ account, actions, token }) =>
      actions.map(({ action, artist, genre, playlist, song, time }) => [
        ...[account, token, action, song, artist, playlist, genre].map(text),
        time,
      ]),
    ),
  );
  expect(lines(out, "truth-people.csv").slice(1)).toEqual(
    accounts.map(({ account, people, usage }) => `${account},${people},${usage}`),
  );
  expect(lines(out, "truth-sessions.csv").slice(1)).toEqual(
    sessions.map(({ account, person, token }) => `${account},${token},${person}`),
  );
  const readme = readFileSync(join(out, "README.md"), "utf8");
  expect(readme).toContain(
    "foldback simulate --households mixed --accounts 12 --seed 5 --vary --set noActions=0.2 --set deviceMissing=0.3",
  );
  expect(readme).toContain("| `deviceMissing` | 0.3 | 0.3 | 0.3 | 0.3 |");
});

test("flags of the one world are refused in the other, and parameters that there are not", async () => {
  const cwd = temporaryDirectory();
  for (const [args, told] of [
    [["--households", "L1", "--items", "50"], "--items does not go with --households"],
    [["--vary"], "--vary belongs to --households"],
    [["--households", "L1", "--set", "none=1"], "households have no parameter none"],
    [["--households", "L1", "--set", "genres"], "--set takes a parameter and a number"],
    [["--households", "L5"], "--households takes L1, L2, L3, L4, mixed."],
  ] as const) {
    const { code, stderr } = await runFoldback(["simulate", ...args, "--out", "made"], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain(told);
  }
  expect(existsSync(join(cwd, "made"))).toBe(false);
});
