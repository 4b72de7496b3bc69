/** What becomes of a project that can't be opened, fails, or whose disk does; and that the others go on. */
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { FoldbackError } from "#foldback/core";
import { Foldback, resolveConfig } from "#foldback/engine";
import { Front, type ProjectOptions } from "#foldback/http";
import {
  type FrontService,
  frontOfTest,
  keySetting,
  keysOf,
  noticesOf,
  smallProject,
} from "../testing/frontService.ts";
import { likes, smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";

const operator = { keys: [keySetting("operator", ["admin"])] };

async function stateOf({ ask }: FrontService, name: string) {
  const { body } = await ask("/readyz", "operator");
  const { list } = JSON.parse(body) as {
    list: { project: string; state: string; reason?: string }[];
  };
  return list.find(({ project }) => project === name);
}

async function expectWell({ post, ask }: FrontService, name: string): Promise<void> {
  expect((await post("/v1/events", `${name}-ingest`, likes(0, 3))).status).toBe(202);
  expect((await ask("/v1/trending", `${name}-read`)).status).toBe(200);
  expect((await ask("/readyz", `${name}-read`)).status).toBe(200);
}

/** The engine, with another answer to one question; `fail` makes it fail as its threads would. */
function withStatus(engine: Foldback, change: object, closed = engine.closed): Foldback {
  return new Proxy(engine, {
    get: (of, name) => {
      if (name === "status") return () => ({ ...of.status(), ...change });
      if (name === "closed") return closed;
      const value: unknown = Reflect.get(of, name, of);
      return typeof value === "function" ? value.bind(of) : value;
    },
  });
}

test("one whose directory somebody else has is 503 without a reason, the other is well; once it is free it opens", async () => {
  const cwd = temporaryDirectory();
  const holder = await Foldback.open(smallConfig(join(cwd, "shop")));
  const { project, kinds } = noticesOf(smallProject(cwd, "shop"));
  const service = await frontOfTest([project, smallProject(cwd, "news")], operator);
  await expectWell(service, "news");
  expect(await stateOf(service, "shop")).toMatchObject({
    state: "failed",
    reason: expect.stringContaining(cwd),
  });
  for (const [method, url] of [
    ["GET", "/v1/trending"],
    ["POST", "/v1/events"],
    ["GET", "/readyz"],
  ]) {
    const reply = await service.ask(url, "shop-read", { method });
    expect(reply.status).toBe(503);
    expect(JSON.parse(reply.body)).toMatchObject({ code: "CLOSED" });
    expect(reply.headers.get("retry-after")).toBe("1");
    expect(reply.text).not.toContain(cwd);
  }
  expect((await service.ask("/readyz")).status).toBe(200);
  await holder.close();
  await vi.waitFor(async () => expect((await stateOf(service, "shop"))?.state).toBe("ready"), 5000);
  await expectWell(service, "shop");
  expect(kinds).toEqual(["projectFailed", "projectOpened"]); // told once, however often it was tried
});

test("one whose engine fails is opened again, and what it had taken is there", async () => {
  const cwd = temporaryDirectory();
  let fail: (error: Error) => void = () => {};
  let opened = 0;
  const open: NonNullable<ProjectOptions["open"]> = async (...args) => {
    const engine = await Foldback.open(...args);
    opened++;
    const failing = new Promise<void>((_resolve, reject) => {
      fail = reject;
    });
    return withStatus(engine, {}, Promise.race([engine.closed, failing]));
  };
  const { project, kinds } = noticesOf({ ...smallProject(cwd, "shop"), open });
  const service = await frontOfTest([project, smallProject(cwd, "news")], operator);
  await expectWell(service, "shop");
  fail(new FoldbackError("TABLE_FULL", "no room"));
  await vi.waitFor(() => expect(opened).toBe(2), 5000);
  await vi.waitFor(async () => expect((await stateOf(service, "shop"))?.state).toBe("ready"), 5000);
  expect(service.engine("shop").status().records).toBe(3);
  await expectWell(service, "news");
  expect(kinds.filter((kind) => kind.startsWith("project"))).toEqual([
    "projectOpened",
    "projectFailed",
    "projectOpened",
  ]);
});

test("one whose log has stopped goes on reading, says so, and is opened again as its disk takes writes", async () => {
  const cwd = temporaryDirectory();
  let opened = 0;
  const open: NonNullable<ProjectOptions["open"]> = async (...args) => {
    const engine = await Foldback.open(...args);
    return withStatus(engine, { readOnly: opened++ === 0 });
  };
  const { project, kinds } = noticesOf({ ...smallProject(cwd, "shop"), open });
  const service = await frontOfTest([project, smallProject(cwd, "news")], operator);
  expect((await stateOf(service, "shop"))?.state).toBe("readOnly");
  expect((await service.ask("/v1/trending", "shop-read")).status).toBe(200);
  const { status, body } = await service.ask("/readyz");
  expect([status, JSON.parse(body)]).toMatchObject([200, { projects: { readOnly: 1, ready: 1 } }]);
  await vi.waitFor(() => expect(opened).toBe(2), 5000);
  await vi.waitFor(async () => expect((await stateOf(service, "shop"))?.state).toBe("ready"), 5000);
  expect(kinds.filter((kind) => kind.startsWith("project"))).toEqual([
    "projectOpened",
    "projectReadOnly",
    "projectOpened",
  ]);
});

test("without keys, or with one that another has, a project is not opened: nobody could tell whose it is", async () => {
  const cwd = temporaryDirectory();
  const taken = [...keysOf("second"), keySetting("operator", ["read"])];
  const slow = (project: ProjectOptions): ProjectOptions => ({
    ...project,
    load: async () => {
      await new Promise((resolve) => setTimeout(resolve, 100)); // the first has its keys by then
      return project.load();
    },
  });
  const service = await frontOfTest(
    [
      smallProject(cwd, "first"),
      smallProject(cwd, "open", { keys: [] }),
      slow(smallProject(cwd, "second", { keys: [...keysOf("second"), ...keysOf("first")] })),
      slow(smallProject(cwd, "third", { keys: taken })),
    ],
    operator,
  );
  await expectWell(service, "first");
  for (const name of ["open", "second", "third"]) {
    expect(await stateOf(service, name)).toMatchObject({
      state: "failed",
      reason: expect.stringContaining("key"),
    });
  }
  expect((await service.ask("/v1/trending")).status).toBe(401);
  expect((await service.ask("/v1/trending", "second-read")).status).toBe(401);
});

test("where none can be opened the process is not ready", async () => {
  const cwd = temporaryDirectory();
  const service = await frontOfTest([smallProject(cwd, "shop", { keys: [] })], operator);
  const { status, body } = await service.ask("/readyz");
  expect([status, JSON.parse(body)]).toMatchObject([
    503,
    { ready: false, projects: { failed: 1 } },
  ]);
  expect((await service.ask("/healthz")).status).toBe(200);
});

test("while one is being opened it is 503 for its callers, and the process is not ready", async () => {
  const cwd = temporaryDirectory();
  let goOn = (): void => {};
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const open: NonNullable<ProjectOptions["open"]> = async (...args) => {
    await held;
    return Foldback.open(...args);
  };
  const front = new Front({
    http: resolveConfig().http,
    projects: [{ ...smallProject(cwd, "shop"), open }],
  });
  onTestFinished(() => front.close());
  const address = await front.server.listen({ port: 0, host: "127.0.0.1" });
  const ask = (url: string) => fetch(`${address}${url}`, { headers: { "x-api-key": "shop-read" } });
  expect((await ask("/v1/trending")).status).toBe(503);
  const reply = await fetch(`${address}/readyz`);
  expect([reply.status, await reply.json()]).toMatchObject([503, { projects: { opening: 1 } }]);
  goOn();
  await front.projects[0].tried;
  expect((await ask("/v1/trending")).status).toBe(200);
});

test("closing ends what is under way, and leaves every directory free, with what was acknowledged", async () => {
  const cwd = temporaryDirectory();
  const names = ["shop", "news"];
  const { front, post } = await frontOfTest(names.map((name) => smallProject(cwd, name)));
  const posting = names.map((name) =>
    Array.from({ length: 10 }, (_, n) => post("/v1/events", `${name}-ingest`, likes(n * 50, 50))),
  );
  const ended = Promise.all(posting.map((each) => Promise.allSettled(each)));
  await Promise.race(posting.flat());
  await front.close();
  const all = await ended; // connections over which nothing had come yet are closed
  for (const [i, name] of names.entries()) {
    const taken = all[i].filter((each) => each.status === "fulfilled");
    expect(taken.every(({ value }) => value.status === 202)).toBe(true);
    const again = await Foldback.open(smallConfig(join(cwd, name)));
    expect(again.status().records).toBeGreaterThanOrEqual(50 * taken.length);
    await again.close();
  }
});
