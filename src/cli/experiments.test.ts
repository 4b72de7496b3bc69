/** `foldback experiments` as whoever types it meets it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Foldback } from "#foldback/engine";
import { runFoldback } from "../testing/foldbackProcess.ts";
import { likes, likesBegin, smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";
import { VirtualClock } from "../testing/virtualClock.ts";

test("shows experiments, and what lists would have earned without chance, as tables or JSON", async () => {
  const cwd = temporaryDirectory();
  const { dataDirectory: _, ...small } = smallConfig("unused");
  const config = {
    ...small,
    serving: { exploration: { epsilon: 0.3 } },
    experiments: {
      ranking: { variants: [{ name: "control" }, { name: "new", rules: { diversity: 0.2 } }] },
    },
  };
  writeFileSync(join(cwd, "foldback.config.json"), JSON.stringify(config));
  const none = await runFoldback(["ingest", "-", "--data", "empty"], {
    cwd,
    input: `${JSON.stringify(likes(0, 1)[0])}\n`,
  });
  expect(none.code).toBe(0);
  const nothing = await runFoldback(["experiments", "--data", "empty"], { cwd });
  expect(nothing).toMatchObject({ code: 0, stderr: "" });
  expect(nothing.stdout).toMatch(/^ranking \(running\)\n[^]*\nToo early: /);
  const nothingServed = await runFoldback(["experiments", "--off-policy", "--data", "empty"], {
    cwd,
  });
  expect(nothingServed.stdout).toMatch(/^Nothing to estimate from/);

  const clock = new VirtualClock(likesBegin + 1e6);
  const dataDirectory = join(cwd, "foldback-data");
  const engine = await Foldback.open({ ...config, dataDirectory }, { clock });
  await engine.ingest(likes(0, 200));
  await engine.settled();
  for (let i = 0; i < 40; i++) {
    const account = `reader-${i}`;
    const { items, request } = engine.serve({ account, count: 4 });
    const like = { type: "like", time: clock.now(), account, request };
    await engine.ingest([{ ...like, item: items[i % 4].item }]);
  }
  clock.advance(86_400_000);
  await engine.ingest([{ type: "access", time: clock.now(), account: "late" }]);
  await engine.close();

  const table = await runFoldback(["experiments"], { cwd });
  expect(table).toMatchObject({ code: 0, stderr: "" });
  expect(table.stdout).toMatch(
    /^ranking \(running\)\n +share +accounts +measured +acted +interval +more +interval +p\ncontrol +50\.0 % /,
  );
  expect(table.stdout).toContain("New is not shown to differ from control (acted 1 against 1");
  const { stdout } = await runFoldback(["experiments", "--json"], { cwd });
  const { experiments } = JSON.parse(stdout) as {
    experiments: { variants: { measured: number }[] }[];
  };
  expect(experiments[0].variants.reduce((sum, { measured }) => sum + measured, 0)).toBe(40);

  const estimates = await runFoldback(["experiments", "--off-policy"], { cwd });
  expect(estimates).toMatchObject({ code: 0, stderr: "" });
  expect(estimates.stdout).toMatch(/^40 lists of 40 accounts, 40 of them varied; left out: 0 /);
  expect(estimates.stdout).toMatch(
    /\npolicy +a place +95 % +more than logged +rounds +weights\nlogging +ips /,
  );
  const args = ["experiments", "--off-policy", "--places", "1", "--window", "1h", "--json"];
  const report = JSON.parse((await runFoldback(args, { cwd })).stdout) as {
    rounds: number;
    logged: { value: number };
    policies: Record<string, { ips: { value: number } }>;
  };
  expect(report.rounds).toBe(40);
  expect(report.logged.value).toBe(0.25);
  expect(Object.keys(report.policies)).toEqual(["logging", "greedy"]);
  expect(report.policies["logging"].ips.value).toBe(0.25);
  expect(await runFoldback(["experiments", "--places", "2"], { cwd })).toMatchObject({ code: 2 });
}, 60_000);
