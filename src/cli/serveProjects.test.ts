/** A real `foldback serve --projects`, from the folders that `foldback key --project` makes. */
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { recordsIn } from "../testing/dataDirectory.ts";
import { addressOf, runFoldback, startFoldback } from "../testing/foldbackProcess.ts";
import { likes, smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";

/** Adds a key to a project, which is made if there is none. */
async function keyOf(cwd: string, project: string, scopes = "ingest,read"): Promise<string> {
  const args = ["key", "--projects", "projects", "--project", project, "--name", "app"];
  const { stdout, stderr } = await runFoldback([...args, "--scopes", scopes, "--json"], { cwd });
  expect(stderr).toBe("");
  return (JSON.parse(stdout) as { key: string }).key;
}

function changeConfig(cwd: string, project: string, change: object): void {
  const path = join(cwd, "projects", project, "foldback.config.json");
  const config = JSON.parse(readFileSync(path, "utf8")) as object;
  writeFileSync(path, JSON.stringify({ ...config, ...change }));
}

/** Two projects that start fast. */
async function twoProjects(cwd: string): Promise<Record<"shop" | "news", string>> {
  const keys = { shop: await keyOf(cwd, "shop"), news: await keyOf(cwd, "news") };
  const { http: _, ...small } = smallConfig("data");
  for (const project of Object.keys(keys)) changeConfig(cwd, project, small);
  return keys;
}

function serve(cwd: string, ...args: string[]) {
  return startFoldback(["serve", "--projects", "projects", "--port", "0", ...args], { cwd });
}

async function ask(address: string, path: string, key?: string, body?: unknown) {
  const reply = await fetch(`${address}${path}`, {
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
  });
  return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
}

test("each project has its data in its folder; killed and started again, each has what it took", async () => {
  const cwd = temporaryDirectory();
  const { shop, news } = await twoProjects(cwd);
  const killed = serve(cwd);
  let address = await addressOf(killed);
  await killed.output(/shop: Open[\s\S]*news: Open|news: Open[\s\S]*shop: Open/);
  expect(await ask(address, "/v1/events", shop, likes(0, 30))).toMatchObject({ status: 202 });
  expect(await ask(address, "/v1/events", news, likes(0, 20))).toMatchObject({ status: 202 });
  killed.child.kill("SIGKILL");
  await killed.ended;
  const server = serve(cwd, "--json");
  const [line] = await server.output(/\{.*"listening".*\n/);
  ({ address } = JSON.parse(line) as { address: string });
  await vi.waitFor(async () => expect((await ask(address, "/readyz")).status).toBe(200), 20_000);
  expect((await ask(address, "/readyz", shop)).body).toMatchObject({ ready: true, records: 30 });
  expect((await ask(address, "/readyz", news)).body).toMatchObject({ ready: true, records: 20 });
  server.child.kill("SIGTERM");
  const { code, stdout, stderr } = await server.ended;
  expect([code, stderr]).toEqual([0, ""]);
  const told = stdout.trimEnd().split("\n");
  const events = told.map((each) => JSON.parse(each) as { event: string; project?: string });
  expect(events.at(0)).toMatchObject({ event: "listening", projects: ["news", "shop"] });
  expect(
    events
      .filter(({ event }) => event === "projectOpened")
      .map(({ project }) => project)
      .toSorted((a = "", b = "") => (a < b ? -1 : 1)),
  ).toEqual(["news", "shop"]);
  expect(events.at(-1)).toMatchObject({ event: "stopped" });
  expect(await recordsIn(join(cwd, "projects/shop/data"))).toHaveLength(30);
  expect(await recordsIn(join(cwd, "projects/news/data"))).toHaveLength(20);
}, 60_000);

test("one whose config is wrong, or leads out of its folder, is said to be, and the others are served; put right, it opens", async () => {
  const cwd = temporaryDirectory();
  const { shop, news } = await twoProjects(cwd);
  changeConfig(cwd, "shop", { dataDirectory: "../news/data" });
  const absolute = await keyOf(cwd, "absolute");
  changeConfig(cwd, "absolute", { dataDirectory: join(cwd, "projects/news/data") });
  mkdirSync(join(cwd, "projects/keyless"));
  mkdirSync(join(cwd, "projects/Not A Name"));
  mkdirSync(join(cwd, "projects/.git"));
  writeFileSync(join(cwd, "projects/README"), "");
  const server = serve(cwd);
  const address = await addressOf(server);
  await server.output(/Not A Name is no project/);
  await server.output(/shop: FAILED: .*dataDirectory is .*\(CONFIG_INVALID\)/);
  await server.output(/absolute: FAILED: .*dataDirectory is /);
  await server.output(/keyless: FAILED: .*no http\.keys/);
  await server.output(/news: Open/);
  expect(await ask(address, "/v1/events", news, likes(0, 20))).toMatchObject({ status: 202 });
  expect(await ask(address, "/v1/events", absolute, likes(0, 20))).toMatchObject({ status: 401 });
  const { body } = await ask(address, "/readyz");
  expect(body).toMatchObject({ projects: { failed: 3 } });
  changeConfig(cwd, "shop", { dataDirectory: "data" });
  await server.output(/shop: Open/);
  expect(await ask(address, "/v1/events", shop, likes(0, 10))).toMatchObject({ status: 202 });
  server.child.kill("SIGTERM");
  expect(await server.ended).toMatchObject({ code: 0, stderr: "" });
  expect(await recordsIn(join(cwd, "projects/news/data"))).toHaveLength(20);
}, 60_000);

test("a folder may be a link to another disk", async () => {
  const cwd = temporaryDirectory();
  await twoProjects(cwd);
  renameSync(join(cwd, "projects/shop"), join(cwd, "elsewhere"));
  symlinkSync(join(cwd, "elsewhere"), join(cwd, "projects/shop"));
  const server = serve(cwd);
  await server.output(/shop: Open/);
  server.child.kill("SIGTERM");
  expect(await server.ended).toMatchObject({ code: 0, stderr: "" });
}, 30_000);
