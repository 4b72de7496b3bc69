/** Names that never reach the disk. */
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Foldback, type UserConfig } from "#foldback/engine";
import { filesWith } from "../testing/filesWith.ts";
import { likes, smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";

const pattern = /^~[\w-]{22}$/;

function keyFile(text = "0123456789abcdef0123456789abcdef\n"): string {
  const path = join(temporaryDirectory(), "pseudonyms.key");
  writeFileSync(path, text);
  return path;
}

const configOf = (dataDirectory: string, pseudonymKeyFile: string): UserConfig => ({
  ...smallConfig(dataDirectory, { snapshotEveryRecords: 50 }),
  people: { enabled: true },
  privacy: { pseudonymKeyFile },
});

const accessOf = (n: number) => ({
  type: "access",
  time: Date.now() - 1000 + n,
  account: "account-1",
  session: `account-1 session ${n}`,
  device: `account-1 device ${n % 2}`,
});

test("all calls take names, no file has one, and answers are those of plain names", async () => {
  const directories = [temporaryDirectory(), temporaryDirectory()];
  const key = keyFile();
  const configs = [configOf(directories[0], ""), configOf(directories[1], key)];
  const answers = [];
  for (const config of configs) {
    const engine = await Foldback.open(config);
    await engine.ingest(likes(0, 120));
    await engine.ingest(Array.from({ length: 12 }, (_, n) => accessOf(n)));
    await engine.ingestSegment({
      source: "site",
      messages: [
        { type: "identify", userId: "account-2", traits: { plan: "pro" }, messageId: "m1" },
      ],
    });
    await engine.describe("account", "account-2", (latest) => ({ ...latest, seats: 2 }));
    await engine.settled();
    const served = engine.serve({ account: "account-1", count: 5 });
    const people = await engine.people.of("account-1", { withSessions: true });
    const assigned = await engine.people.assign({
      account: "account-1",
      device: "account-1 device 1",
    });
    // Which items exactly also follows from the rows' random beginnings, which come from the hash of a name.
    const items = [...served.items, ...engine.recommend({ account: "account-1", count: 5 })];
    for (const { item } of items) expect(Number(item.slice(5))).toBeGreaterThanOrEqual(30); // its half
    answers.push({
      items: items.length,
      properties: engine.account("account-2")?.properties,
      similar: engine.similarAccounts("account-1", 3).map(({ score }) => score),
      accounts: engine.status().accounts,
      people: people.people,
      sessions: people.sessions,
      person: assigned.person,
    });
    await engine.close();
  }
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[0]).toMatchObject({
    items: 10,
    properties: { plan: "pro", seats: 2 },
    sessions: 12,
  });
  expect(filesWith(directories[0], "account-1").length).toBeGreaterThan(1);
  expect(filesWith(directories[1], "account-")).toEqual([]);

  const engine = await Foldback.open(configs[1]);
  const [described] = engine.accounts({ limit: 10 }).accounts;
  expect(described.account).toMatch(pattern);
  expect(engine.account(described.account)).toEqual(engine.account("account-2"));
  await engine.erase(["account-2"]);
  expect(engine.accounts({ limit: 10 }).accounts).toEqual([]);
  await engine.close();
  expect(filesWith(directories[1], described.account)).toEqual([]);
});

test("a data directory keeps to its key", async () => {
  const directory = temporaryDirectory();
  const key = keyFile();
  const engine = await Foldback.open(configOf(directory, key));
  await engine.ingest(likes(0, 5));
  await engine.close();
  const renamed = keyFile(); // the same key in another file
  await (await Foldback.open(configOf(directory, renamed))).close();
  const refusals = [
    [keyFile("another key, of more than 32 characters"), /another key.*was begun with/],
    ["", /not given.*was begun with/],
    [keyFile("short"), /5 characters.*at least 32.*openssl/],
    [join(directory, "nowhere.key"), /can't be read.*openssl/],
  ] as const;
  for (const [path, message] of refusals) {
    await expect(Foldback.open(configOf(directory, path))).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(message) as string,
    });
  }
});

test("a log with plain names takes no key", async () => {
  const directory = temporaryDirectory();
  const engine = await Foldback.open(configOf(directory, ""));
  await engine.ingest(likes(0, 5));
  await engine.close();
  const copy = temporaryDirectory();
  cpSync(directory, copy, { recursive: true });
  await expect(Foldback.open(configOf(copy, keyFile()))).rejects.toThrow(/plain names.*[Ee]xport/);
});
