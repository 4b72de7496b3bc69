/** A real `foldback demo`: it starts, answers, goes on, and leaves nothing behind. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { addressOf, runFoldback, startFoldback } from "../testing/foldbackProcess.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";

const small = ["--accounts", "4", "--days-before", "3", "--days", "20", "--port", "0"];

interface Demo {
  readonly clock: { readonly now: number; readonly began: number; readonly events: number };
}

test("it learns the days before, serves, goes on, and a signal ends it with 0 and removes its data", async () => {
  const demo = startFoldback(["demo", ...small, "--start", "2026-03-02", "--json"]);
  const [, told] = await demo.output(/^(.*"learning".*)\n/);
  const { directory, start, seed } = JSON.parse(told) as Record<string, unknown>;
  expect([start, seed]).toEqual([Date.UTC(2026, 2, 2), 1]);
  const [, listening] = await demo.output(/(\{.*"listening".*\})\n/);
  const { address } = JSON.parse(listening) as { address: string };
  const ask = async () => (await (await fetch(`${address}/v1/demo`)).json()) as Demo;
  const { clock: first } = await ask();
  expect(first.began).toBe(Date.UTC(2026, 2, 5));
  await expect
    .poll(async () => (await ask()).clock.now, { timeout: 10_000 })
    .toBeGreaterThan(first.now);
  expect(existsSync(String(directory))).toBe(true);
  demo.child.kill("SIGTERM");
  const { code, stdout, stderr } = await demo.ended;
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain('"stopped"');
  expect(existsSync(String(directory))).toBe(false);
}, 60_000);

test("with --data it keeps what was learned there, for foldback serve", async () => {
  const cwd = temporaryDirectory();
  const demo = startFoldback(["demo", ...small, "--data", "kept"], { cwd });
  await addressOf(demo);
  demo.child.kill("SIGINT");
  const { code, stdout } = await demo.ended;
  expect(code).toBe(0);
  const [, config] = /foldback serve --config (\S+) /.exec(stdout) ?? [];
  const server = startFoldback(["serve", "--config", config, "--port", "0"], { cwd });
  const address = await addressOf(server);
  await expect.poll(async () => (await fetch(`${address}/readyz`)).status).toBe(200);
  const reply = await fetch(`${address}/v1/accounts/a1/recommendations?n=5`);
  expect(((await reply.json()) as { items: unknown[] }).items.length).toBeGreaterThan(0);
  server.child.kill("SIGINT");
  const served = await server.ended;
  expect([served.code, served.stderr]).toEqual([0, ""]);
  expect(served.stdout).not.toContain("can't be used");
}, 60_000);

test("a directory that has something in it is refused: a demo begins anew", async () => {
  const cwd = temporaryDirectory();
  mkdirSync(join(cwd, "mine"));
  writeFileSync(join(cwd, "mine", "letter"), "");
  const { code, stderr } = await runFoldback(["demo", "--data", "mine"], { cwd });
  expect([code, stderr]).toEqual([2, expect.stringContaining("mine is not empty")]);
});
