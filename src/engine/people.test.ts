/** Who is behind accounts, in an engine that runs: restarts, wishes not to be counted, erasure, settings that change. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { Foldback, type Notice, type UserConfig } from "#foldback/engine";
import type { Event } from "../event/index.ts";
import { openEmbeddedLog } from "../log/index.ts";
import { filesWith } from "../testing/filesWith.ts";
import { readEverything } from "../testing/logRecords.ts";
import { peopleCatalogue, peopleSessions, recently } from "../testing/peopleStream.ts";
import { smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";
import { resolveConfig } from "./config.ts";

const on = (directory: string, people: UserConfig["people"] = {}): UserConfig => ({
  ...smallConfig(directory, { snapshotEveryRecords: 50, snapshotsKept: 3 }),
  people: { enabled: true, ...people },
});

const from = recently();
const planted = peopleSessions({ seed: 1, account: "planted", people: 2, sessions: 60, from });
const other = peopleSessions({ seed: 2, account: "other", people: 2, sessions: 60, from });

/** What the log of an engine that is closed says of persons. */
async function saidIn(directory: string): Promise<Event[]> {
  const log = await openEmbeddedLog({ directory: join(directory, "log") });
  const records = await readEverything(log);
  await log.close();
  return records.map(({ event }) => event).filter(({ type }) => type === "person_assigned");
}

test("a restart keeps what is known, from snapshots or from the log alone", async () => {
  const directory = temporaryDirectory();
  let engine = await Foldback.open(on(directory));
  await engine.ingest([...peopleCatalogue(2), ...planted, ...other]);
  await engine.settled();
  const report = await engine.people.of("planted", { withSessions: true });
  expect(report).toMatchObject({ people: 2, sessions: 60 });
  await engine.close();
  await expect(engine.people.of("planted")).rejects.toMatchObject({ code: "CLOSED" });
  expect(readdirSync(join(directory, "people")).length).toBeGreaterThan(0);
  for (const isOff of [false, true]) {
    if (isOff) {
      const off = await Foldback.open(smallConfig(directory));
      await expect(off.people.of("planted")).rejects.toMatchObject({
        code: "NOT_FOUND",
        details: { setting: "people.enabled" },
      });
      await off.close();
      expect(existsSync(join(directory, "people"))).toBe(false);
    }
    engine = await Foldback.open(on(directory));
    await engine.settled();
    expect(await engine.people.of("planted", { withSessions: true })).toEqual(report);
    await engine.close();
  }
});

/** A busy machine counts more slowly than a second allows. */
const patiently = { timeout: 20_000 };

test("whose a session is goes into the log once, over restarts, and leaves it with the account", async () => {
  const directory = temporaryDirectory();
  const single = peopleSessions({ seed: 3, account: "single", people: 1, sessions: 40, from });
  const first = [...peopleCatalogue(2), ...planted, ...single];
  let engine = await Foldback.open(on(directory));
  await engine.ingest(first);
  await expect.poll(() => engine.status().records, patiently).toBe(first.length + 60);
  const { list = [] } = await engine.people.of("planted", { withSessions: true });
  await engine.close();
  const said = await saidIn(directory);
  expect(new Set(said.map(({ account }) => account))).toEqual(new Set(["planted"]));
  expect(new Map(said.map(({ session, context }) => [session, context?.["person"]]))).toEqual(
    new Map(list.map(({ session, person }) => [session, person])),
  );
  rmSync(join(directory, "people"), { recursive: true }); // the whole log is gone through again
  engine = await Foldback.open(on(directory));
  const more = { seed: 4, account: "planted", people: 2, sessions: 1, firstSession: 60, from };
  const next = peopleSessions(more);
  await engine.ingest(next);
  const records = first.length + 60 + next.length + 1;
  await expect.poll(() => engine.status().records, patiently).toBe(records);
  await setTimeout(100); // several looks at what there is to say
  expect(engine.status().records).toBe(records);
  await engine.erase(["planted"]);
  await engine.close();
  expect(await saidIn(directory)).toEqual([]);
  expect(filesWith(directory, "planted")).toEqual([]);
});

test("other settings count again, and the operator is told", async () => {
  const directory = temporaryDirectory();
  let engine = await Foldback.open(on(directory));
  await engine.ingest(planted);
  await engine.settled();
  await engine.close();
  const notices: Notice[] = [];
  engine = await Foldback.open(on(directory, { sessionsMax: 20 }), {
    onNotice: (notice) => notices.push(notice),
  });
  const told = notices.filter(({ kind }) => kind !== "snapshotSaved");
  expect(told).toMatchObject([{ kind: "snapshotRefused" }, { kind: "rebuilding", from: 0 }]);
  await engine.settled();
  expect(await engine.people.of("planted")).toMatchObject({ sessions: 20 });
  await engine.close();
  expect(() => resolveConfig({ people: { sessionsMax: 20, sessionsMin: 21 } })).toThrow(
    /people.sessionsMin/,
  );
});

test("an account that wants not to be counted is forgotten; it may change its mind", async () => {
  const engine = await Foldback.open(on(temporaryDirectory()));
  await engine.ingest([...planted, ...other]);
  await engine.describe("account", "planted", () => ({ people: false }));
  await engine.settled();
  expect(await engine.people.of("planted", { withSessions: true })).toEqual({
    account: "planted",
    state: "optedOut",
    sessions: 0,
    persons: [],
    activePersons: 0,
    beyondSessions: 0,
  });
  await engine.ingest(
    peopleSessions({ seed: 3, account: "planted", people: 2, sessions: 3, from }),
  );
  await engine.settled();
  expect(await engine.people.of("planted")).toMatchObject({ state: "optedOut", sessions: 0 });
  await engine.describe("account", "planted", () => ({ plan: "pro" }));
  await engine.settled();
  await expect(engine.people.of("planted")).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(await engine.people.of("other")).toMatchObject({ state: "counted" });
  await engine.close();
});

test("an erased account leaves nothing in any file, and the others stay as they were", async () => {
  const directory = temporaryDirectory();
  let engine = await Foldback.open(on(directory));
  await engine.ingest([...planted.slice(0, 120), ...other]);
  await engine.settled();
  await engine.close(); // whose snapshot has all of it
  engine = await Foldback.open(on(directory));
  await engine.ingest(planted.slice(120));
  await engine.settled();
  const before = await engine.people.of("other", { withSessions: true });
  expect(filesWith(join(directory, "people"), "device-planted-0").length).toBeGreaterThan(0);
  await engine.erase(["planted"]);
  for (const text of ["planted", "device-planted-0", "planted-3-"]) {
    expect(filesWith(directory, text)).toEqual([]);
  }
  await expect(engine.people.of("planted")).rejects.toMatchObject({ code: "NOT_FOUND" });
  await engine.close();
  engine = await Foldback.open(on(directory));
  await engine.settled();
  expect(await engine.people.of("other", { withSessions: true })).toEqual(before);
  await engine.describe("account", "planted", () => ({ people: false }));
  await engine.settled();
  await engine.erase(["planted"]); // its wish goes, too: nothing has its name
  await engine.close();
  expect(filesWith(directory, "planted")).toEqual([]);
});

test("sessions that are too old, by the time of the log, are not kept", async () => {
  const engine = await Foldback.open(on(temporaryDirectory(), { retentionDays: 15 }));
  await engine.ingest(planted); // from 20 days ago on, six a day
  await engine.settled();
  const { sessions } = await engine.people.of("planted");
  expect(sessions > 25 && sessions < 35).toBe(true);
  await engine.close();
});
