/** `foldback attribution lift` as whoever types it meets it. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { directoryOf } from "../testing/eventFiles.ts";
import { runFoldback } from "../testing/foldbackProcess.ts";

test("a holdout as JSON, and in words", async () => {
  const totals = "group,accounts,conversions,value\ntest,10000,300,9000\ncontrol,5000,100,2500\n";
  const path = join(directoryOf({ "holdout.csv": totals }), "holdout.csv");
  const json = await runFoldback([
    ...["attribution", "lift", path, "--share", "0.5", "--cost", "500", "--json"],
  ]);
  expect([json.code, json.stderr]).toEqual([0, ""]);
  expect(JSON.parse(json.stdout)).toMatchObject({
    test: { accounts: 10_000, converted: 300, rate: 0.03 },
    lift: { estimate: expect.closeTo(0.5, 9) as number },
    incrementalConversions: { estimate: expect.closeTo(100, 9) as number },
    costPerIncrementalConversion: { estimate: expect.closeTo(5, 9) as number },
    sampleRatio: { isMismatch: true },
    ...{ confidence: 0.95, otherAccounts: 0, mixedAccounts: 0, refused: 0 },
  });
  const { code, stdout } = await runFoldback(["attribution", "lift", path, "--share", "0.5"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/lift +50\.00 % +19\.93 % to 87\.61 %/);
  expect(stdout).toContain("nothing above can be trusted");
});
