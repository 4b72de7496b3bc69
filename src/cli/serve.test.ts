/** A real `foldback serve`: how it starts, stops, fails, and what is left after it was killed. */
import { writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer as createSocketServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Random } from "../core/index.ts";
import { changingTastes } from "../testing/changingTastes.ts";
import { recordsIn } from "../testing/dataDirectory.ts";
import { addressOf, type FoldbackProcess, startFoldback } from "../testing/foldbackProcess.ts";
import { likes, likesBegin, smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";

const dataOf = (cwd: string): string => join(cwd, "data");

/** A server over the data directory in `cwd`, at any free port. */
function serve(cwd: string, config: object = {}, ...args: string[]): FoldbackProcess {
  writeFileSync(
    join(cwd, "foldback.config.json"),
    JSON.stringify({ ...smallConfig("data"), ...config }),
  );
  return startFoldback(["serve", ...args], { cwd });
}

async function post(address: string, events: readonly unknown[]): Promise<number> {
  const reply = await fetch(`${address}/v1/events`, {
    method: "POST",
    body: JSON.stringify(events),
    headers: { "content-type": "application/json" },
  });
  const { accepted } = (await reply.json()) as { accepted: number };
  expect(reply.status).toBe(202);
  return accepted;
}

async function itemsOf(address: string, account: string): Promise<string[]> {
  const reply = await fetch(`${address}/v1/accounts/${account}/recommendations?n=500`);
  const { items } = (await reply.json()) as { items: { item: string }[] };
  return items.map(({ item }) => item);
}

async function readyAt(address: string): Promise<void> {
  await expect
    .poll(async () => (await fetch(`${address}/readyz`)).status, { timeout: 10_000 })
    .toBe(200);
}

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s stops it with 0: it says so, what was accepted is on disk, the directory is free",
  async (signal) => {
    const cwd = temporaryDirectory();
    const server = serve(cwd);
    const address = await addressOf(server);
    expect(await post(address, likes(0, 50))).toBe(50);
    server.child.kill(signal);
    const { code, stdout, stderr } = await server.ended;
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("\nStopping.\n");
    expect(stdout).toMatch(/\nStopped; everything that was accepted is on disk\.\n$/);
    expect(await recordsIn(dataOf(cwd))).toHaveLength(50);
  },
);

test("what it prints by --json are JSON lines, the first with the address", async () => {
  const cwd = temporaryDirectory();
  const server = serve(cwd, {}, "--json");
  await server.output(/"listening".*\n/);
  server.child.kill("SIGTERM");
  const { stdout } = await server.ended;
  const lines = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as object);
  expect(lines).toMatchObject([
    {
      event: "listening",
      address: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      records: 0,
      restoredFrom: 0,
    },
    { event: "stopping" },
    { event: "stopped" },
  ]);
  for (const line of lines) expect(line).toHaveProperty("time");
});

test.each([
  { args: [], expected: /ALARM at record 6,\d{3}: it is foretold worse .*\d\.\d\d before\.\n/ },
  {
    args: ["--json"],
    expected: /"event":"drift","kind":"drift","question":"next","offset":6\d{3},"logTime":\d+,.*\n/,
  },
])("an alarm of training is printed as it comes: $args", async ({ args, expected }) => {
  const server = serve(temporaryDirectory(), { training: { negativesPerPositive: 5 } }, ...args);
  const address = await (args.length === 0 ? addressOf(server) : jsonAddressOf(server));
  const events = changingTastes(7000, 6000, 1);
  for (let n = 0; n < events.length; n += 3500) await post(address, events.slice(n, n + 3500));
  await server.output(expected);
  server.child.kill("SIGTERM");
  expect(await server.ended).toMatchObject({ code: 0, stderr: "" });
});

async function jsonAddressOf(server: FoldbackProcess): Promise<string> {
  const line = await server.output(/\{.*"listening".*\n/);
  return (JSON.parse(line[0]) as { address: string }).address;
}

test("a signal while it starts stops it with 0 all the same", async () => {
  const cwd = temporaryDirectory();
  // The config's own code sends the signal: at once when the start goes on, and at later moments of it.
  for (const afterMs of [0, 40, 120]) {
    writeFileSync(
      join(cwd, "signal.mjs"),
      `setTimeout(() => process.kill(process.pid, "SIGTERM"), ${afterMs});
       export default ${JSON.stringify(smallConfig("data"))};`,
    );
    const server = startFoldback(["serve", "--config", "signal.mjs"], { cwd });
    const { code, stdout, stderr } = await server.ended;
    expect([code, stderr], `${afterMs} ms`).toEqual([0, ""]);
    expect(stdout).toContain("Stopped;");
  }
});

test("a request that never ends does not keep it from stopping with 0", async () => {
  const cwd = temporaryDirectory();
  const server = serve(cwd);
  const { port } = new URL(await addressOf(server));
  const socket = connect(Number(port), "127.0.0.1");
  onTestFinished(() => {
    socket.destroy();
  });
  socket.on("error", () => {}); // it is cut
  socket.write("POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n[");
  await new Promise((resolve) => setTimeout(resolve, 50));
  server.child.kill("SIGTERM");
  expect(await server.ended).toMatchObject({ code: 0, stderr: "" });
});

test("a port that is taken is told in one line, with 1; the directory is free again", async () => {
  const cwd = temporaryDirectory();
  const other = createSocketServer().listen(0, "127.0.0.1");
  onTestFinished(() => {
    other.close();
  });
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as AddressInfo;
  const { code, stderr } = await serve(cwd, {}, "--port", String(port)).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(
    new RegExp(
      `^error: can't listen at 127\\.0\\.0\\.1, port ${port}: .*EADDRINUSE.*\\(ADDRESS_UNAVAILABLE\\)\n$`,
    ),
  );
  expect(await recordsIn(dataOf(cwd))).toEqual([]);
});

test("when training fails it ends with 1 and the reason", async () => {
  const cwd = temporaryDirectory();
  const server = serve(cwd, { model: { dim: 128, sizeBytesMax: 16 * 1024 * 1024 } });
  const address = await addressOf(server);
  for (let n = 0; server.child.exitCode === null && n < 100_000; n += 1000) {
    const events = likes(n, 1000).map((event, i) => ({ ...event, item: `item-${n + i}` }));
    await post(address, events).catch(() => {}); // it may end between two
  }
  const { code, stderr } = await server.ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: training stopped: .*\(TABLE_FULL\)\n$/);
}, 40_000);

test("killed under load, again and again, it loses nothing acknowledged, and recommends nothing liked", async () => {
  const cwd = temporaryDirectory();
  const seed = Date.now() % 1_000_000;
  const random = new Random(seed);
  const config = { training: { negativesPerPositive: 3, snapshotEveryRecords: 100 } };
  const liked = new Set<string>();
  let next = 0;
  for (let round = 0; round < 5; round++) {
    const server = serve(cwd, config);
    const address = await addressOf(server);
    await readyAt(address);
    if (round === 0) await post(address, likes(100_000, 600)); // so that there is something to recommend
    const offered = await itemsOf(address, "fan");
    for (const item of liked) expect(offered, `round ${round}, seed ${seed}`).not.toContain(item);
    expect(offered.length).toBeGreaterThan(0);

    let isKilled = false;
    const sendForEver = async (): Promise<void> => {
      while (!isKilled) {
        const id = `fan-${next}`;
        const item = `song-${next++}`; // a new item each time, so that losing it shows
        const event = { id, type: "like", time: likesBegin + next, account: "fan", item };
        try {
          await post(address, [event, { ...event, id: `${id}-other`, account: "other" }]);
        } catch (error) {
          if (isKilled) return; // not acknowledged: it may be there or not
          throw error;
        }
        liked.add(item);
      }
    };
    const sending = Promise.all([sendForEver(), sendForEver(), sendForEver(), sendForEver()]);
    await new Promise((resolve) => setTimeout(resolve, 100 + random.below(200)));
    isKilled = true;
    server.child.kill("SIGKILL");
    await Promise.all([sending, server.ended]);
  }
  expect(liked.size).toBeGreaterThan(20);

  // What was recommended is in the log as well, and has no id.
  const all = await recordsIn(dataOf(cwd));
  const records = all.filter(({ event }) => event.type !== "served");
  const ids = new Set(records.map(({ event }) => event.id));
  expect(ids.size, "no id twice").toBe(records.length);
  for (const item of liked) {
    const id = `fan-${item.slice("song-".length)}`;
    expect(ids.has(id) && ids.has(`${id}-other`), `${item}, seed ${seed}`).toBe(true);
  }
}, 60_000);
