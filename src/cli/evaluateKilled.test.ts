/** `foldback evaluate --data`, killed while it imports and while it evaluates, and run again. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { recordsIn } from "../testing/dataDirectory.ts";
import { runFoldback, startFoldback } from "../testing/foldbackProcess.ts";
import { likes, likesBegin, smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";

/** Sessions that start: much to import, nothing to evaluate. */
const accessCount = 60_000;
const likeCount = 1_500;

test("killed at any moment and run again, it reports and leaves what an unbroken run does", async () => {
  const cwd = temporaryDirectory();
  const { http, model, training } = smallConfig("unused");
  writeFileSync(join(cwd, "foldback.config.json"), JSON.stringify({ http, model, training }));
  const access = Array.from({ length: accessCount }, (_, n) => ({
    type: "access",
    time: likesBegin - accessCount + n,
    account: `account-${n % 20}`,
  }));
  const events = [...access, ...likes(0, likeCount)].map((event) => `${JSON.stringify(event)}\n`);
  writeFileSync(join(cwd, "events.ndjson"), events.join(""));
  const evaluateInto = (data: string) => ["evaluate", "events.ndjson", "--data", data];

  const straight = await runFoldback([...evaluateInto("straight"), "--json"], { cwd });
  expect(straight).toMatchObject({ code: 0, stderr: "" });

  // First while the log grows …
  const data = join(cwd, "broken");
  const segment = join(data, "log", "0000000000000000.log");
  const importing = startFoldback(evaluateInto("broken"), { cwd });
  await expect
    .poll(() => existsSync(segment) && statSync(segment).size, { interval: 1, timeout: 10_000 })
    // Of 5 million bytes: more than a group that was being written, and would be cut off.
    .toBeGreaterThan(1_500_000);
  importing.child.kill("SIGKILL");
  await importing.ended;
  const { length: imported } = await recordsIn(data);
  expect(imported).toBeGreaterThan(0);
  expect(imported).toBeLessThan(accessCount + likeCount);

  // … then while it evaluates …
  const evaluating = startFoldback(evaluateInto("broken"), { cwd });
  await evaluating.output(/records of events\.ndjson into the log/);
  await new Promise((resolve) => setTimeout(resolve, 100));
  evaluating.child.kill("SIGKILL");
  expect(await evaluating.ended).toMatchObject({ code: null });
  expect(await recordsIn(data)).toHaveLength(accessCount + likeCount);
  expect(existsSync(join(data, "evaluation.json"))).toBe(false);

  // … and then it may end.
  const resumed = await runFoldback([...evaluateInto("broken"), "--json"], { cwd });
  expect(resumed).toMatchObject({ code: 0, stderr: "" });
  expect(withoutSeconds(resumed.stdout)).toEqual(withoutSeconds(straight.stdout));
  const snapshotOf = (name: string): Buffer => {
    const [only, ...others] = readdirSync(join(cwd, name, "snapshots"));
    expect(others).toEqual([]);
    return readFileSync(join(cwd, name, "snapshots", only));
  };
  expect(snapshotOf("broken").equals(snapshotOf("straight"))).toBe(true);
}, 60_000);

function withoutSeconds(stdout: string): object {
  const { seconds, ...report } = JSON.parse(stdout) as Record<string, unknown>;
  expect(seconds).toBeGreaterThan(0);
  expect(report["events"]).toBe(likeCount);
  return report;
}
