/** People over HTTP: events of known people come in, and how many they are, who is who, and whose a new session is come out. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Foldback } from "#foldback/engine";
import { createServer } from "#foldback/http";
import { keySetting } from "../testing/frontService.ts";
import { injected } from "../testing/injected.ts";
import { peopleCatalogue, peopleSessions, recently } from "../testing/peopleStream.ts";
import { smallConfig } from "../testing/smallEngine.ts";

let directory: string;
let engine: Foldback;
let server: ReturnType<typeof createServer>;

interface Body {
  readonly people: number;
  readonly low: number;
  readonly high: number;
  readonly probability: number;
  readonly probabilities: readonly number[];
  readonly persons: readonly { readonly person: number; readonly devices: readonly string[] }[];
  readonly list: readonly { readonly session: string; readonly person: number }[];
  readonly code: string;
  readonly detail: string;
}

async function ask(...call: [method: "GET" | "POST", url: string, payload?: unknown]) {
  const { status, body } = await injected<Body>(server, ...call);
  return { status, body: body as Body }; // what is looked at of it is there, or the test fails
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "foldback-people-"));
  engine = await Foldback.open({ ...smallConfig(directory), people: { enabled: true } });
  server = createServer(engine);
  const from = recently();
  const events = [
    ...peopleCatalogue(2),
    ...peopleSessions({ seed: 1, account: "a/pair", people: 2, sessions: 80, from }),
    ...peopleSessions({ seed: 2, account: "single", people: 1, sessions: 80, from }),
    { type: "access", time: from, account: "few", session: "s" },
  ];
  for (let at = 0; at < events.length; at += 50) {
    const reply = await ask("POST", "/v1/events", events.slice(at, at + 50));
    expect(reply).toMatchObject({ status: 202, body: { refused: [] } });
  }
  await engine.settled();
});

afterAll(async () => {
  await server.close();
  await engine.close();
  rmSync(directory, { recursive: true });
});

const pair = `/v1/accounts/${encodeURIComponent("a/pair")}/people`;

test("two people behind an account are two, and one is one", async () => {
  const { status, body } = await ask("GET", pair);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    account: "a/pair",
    state: "counted",
    people: 2,
    class: "homes",
    countedSessions: 80 / 2,
    activePersons: 2,
  });
  expect(body.probability).toBe(body.probabilities[1]);
  expect(body.low <= 2 && body.high >= 2).toBe(true);
  expect(new Set(body.persons.map(({ devices }) => devices.join()))).toEqual(
    new Set(["device-a/pair-0", "device-a/pair-1"]),
  );
  expect((await ask("GET", "/v1/accounts/single/people")).body).toMatchObject({
    people: 1,
    class: "single",
  });
  expect((await ask("GET", "/v1/accounts/few/people")).body).toMatchObject({ state: "waiting" });
  expect(await ask("GET", "/v1/accounts/nobody/people")).toMatchObject({
    status: 404,
    body: { code: "NOT_FOUND" },
  });
});

test("an access request gets every session that is kept, each with its person", async () => {
  const { list } = (await ask("GET", `${pair}?sessions=true`)).body;
  expect(list.length).toBe(80);
  const personOf = new Map(list.map(({ session, person }) => [session.slice(-1), person]));
  for (const { session, person } of list) expect(person).toBe(personOf.get(session.slice(-1)));
  expect(personOf.size).toBe(2);
  expect((await ask("GET", `${pair}?sessions=maybe`)).status).toBe(400);
});

test("a session that begins is given its person, and leaves no trace", async () => {
  const before = (await ask("GET", pair)).body;
  for (const { person, devices } of before.persons) {
    const call = { account: "a/pair", device: devices[0], time: new Date().toISOString() };
    const { status, body } = await ask("POST", "/v1/people/assign", call);
    expect([status, body]).toMatchObject([200, { account: "a/pair", person, isBeyond: false }]);
  }
  const stranger = {
    account: "a/pair",
    device: "unheard",
    location: { city: "far" },
    day: "Sunday",
    part: "night",
    items: ["song-0-1"],
  };
  expect((await ask("POST", "/v1/people/assign", stranger)).body).toMatchObject({ isBeyond: true });
  expect((await ask("GET", pair)).body).toEqual(before);
});

test.each([
  [{}, "account"],
  ["text", "the body"],
  [{ account: "a/pair", day: "Mon" }, "day"],
  [{ account: "a/pair", place: "x" }, "place"],
  [{ account: "a/pair", time: "yesterday" }, "time"],
  [{ account: "a/pair", location: { city: "x", lat: 1, lon: 1 } }, "location"],
  [{ account: "a/pair", items: [""] }, "items"],
])("what is no session is refused: %j", async (call, parameter) => {
  const { status, body } = await ask("POST", "/v1/people/assign", call);
  expect([status, body.code]).toEqual([400, "REQUEST_INVALID"]);
  expect(body.detail).toContain(parameter);
});

test("the summary does not tell small numbers", async () => {
  expect((await ask("GET", "/v1/people/summary")).body).toMatchObject({
    people: { "1": null, "2": null },
    classes: { single: null, homes: null },
    counted: null,
    waiting: null,
    optedOut: 0,
    suppressBelow: 10,
  });
});

test("it is for keys of admin, and says so where it is off", async () => {
  const off = await Foldback.open({
    ...smallConfig(mkdtempSync(join(directory, "off-"))),
    http: {
      port: 0,
      keys: [keySetting("page", ["ingest", "read"]), keySetting("backend", ["admin"])],
    },
  });
  const guarded = createServer(off);
  for (const [method, url] of [
    ["GET", "/v1/accounts/a/people"],
    ["GET", "/v1/people/summary"],
    ["POST", "/v1/people/assign"],
  ] as const) {
    const payload = method === "POST" ? { account: "a" } : undefined;
    const by = (key: string) => injected<Body>(guarded, method, url, payload, { "x-api-key": key });
    expect((await by("page")).status).toBe(403);
    const reply = await by("backend");
    expect([reply.status, reply.body.code]).toEqual([404, "NOT_FOUND"]);
    expect(reply.body.detail).toContain("people.enabled");
  }
  await guarded.close();
  await off.close();
});
