import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  type EvaluationProgress,
  evaluateFile,
  evaluateInto,
  Foldback,
  importFile,
  resolveConfig,
  type TimedReport,
} from "#foldback/engine";
import { likes, smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";

/**
 * A file of events, each 20th of which comes twice; the others have no id, so that nothing but where
 * they stand tells whether they were taken.
 */
function eventFile(directory: string, count: number, name = "events.ndjson"): string {
  const path = join(directory, name);
  const events = likes(0, count).flatMap((event, n) => {
    const { id: _, ...anonymous } = event;
    return n % 20 === 0 ? [event, event] : [anonymous];
  });
  writeFileSync(path, events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  return path;
}

const configOf = (directory: string) => resolveConfig(smallConfig(directory));

/** What two runs over the same events share: all but how long they took, and where the file stood. */
function withoutTimes(report: TimedReport): TimedReport {
  return { ...report, seconds: 0, firstListSeconds: 0, file: "" };
}

test("kept or not kept, the report is the same: duplicates count once", async () => {
  const directory = temporaryDirectory();
  const file = eventFile(directory, 400);
  const alone = await evaluateFile(configOf(directory), file);
  const { report, isEarlier } = await evaluateInto(configOf(join(directory, "data")), file);
  expect(isEarlier).toBe(false);
  expect(withoutTimes(report)).toEqual(withoutTimes(alone));
  expect(alone.events).toBe(400);
  expect(alone.evaluated + alone.repeats).toBe(400);
});

test("the curve is the progress that was told, the hit rates of a run over as much", async () => {
  const directory = temporaryDirectory();
  const told: EvaluationProgress[] = [];
  const onProgress = (progress: EvaluationProgress) => told.push(progress);
  const report = await evaluateFile(configOf(directory), eventFile(directory, 2100), {
    onProgress,
  });
  expect(told).toMatchObject(report.curve);
  expect(report.curve.map(({ events }) => events)).toEqual([1000, 2000]);
  const half = await evaluateFile(configOf(directory), eventFile(directory, 1000, "half.ndjson"));
  expect(report.curve[0].engine).toBeCloseTo(half.metrics["hit@10"] ?? Number.NaN, 12);
});

test("what it learned is served: the engine opens caught up, and goes on", async () => {
  const directory = temporaryDirectory();
  const config = configOf(join(directory, "data"));
  await evaluateInto(config, eventFile(directory, 300));
  const engine = await Foldback.open(config);
  expect(engine.status()).toMatchObject({ ready: true, records: 300, restoredFrom: 300 });
  expect(engine.recommend({ account: "account-1", count: 5 })).toHaveLength(5);
  await engine.ingest(likes(300, 10));
  await engine.settled();
  await engine.close();
});

test("the second time the report is read back, also after the engine has gone on", async () => {
  const directory = temporaryDirectory();
  const file = eventFile(directory, 300);
  const config = configOf(join(directory, "data"));
  const first = await evaluateInto(config, file);
  const engine = await Foldback.open(config);
  await engine.ingest(likes(300, 10));
  await engine.close();
  expect(await evaluateInto(config, file)).toEqual({ report: first.report, isEarlier: true });
});

test.each([0, 1, 123, 300])(
  "broken off with %i events in the log, it goes on to the same report and the same model",
  async (count) => {
    const directory = temporaryDirectory();
    const file = eventFile(directory, 300);
    const straight = configOf(join(directory, "straight"));
    const { report } = await evaluateInto(straight, file);
    const broken = configOf(join(directory, "broken"));
    await importFile(broken, eventFile(directory, count, "beginning.ndjson"));
    const resumed = await evaluateInto(broken, file);
    expect(withoutTimes(resumed.report)).toEqual(withoutTimes(report));
    const snapshot = join("snapshots", "snapshot-0000000000000300");
    expect(
      readFileSync(join(broken.dataDirectory, snapshot)).equals(
        readFileSync(join(straight.dataDirectory, snapshot)),
      ),
    ).toBe(true);
  },
);

test("a log of other events is refused, and nothing is added to it", async () => {
  const directory = temporaryDirectory();
  const config = configOf(join(directory, "data"));
  const ofOthers = join(directory, "others.csv");
  writeFileSync(
    ofOthers,
    "account,item,time\na,x,2024-01-01T00:00:00Z\nb,y,2024-01-02T00:00:00Z\n",
  );
  await importFile(config, ofOthers);
  await expect(evaluateInto(config, eventFile(directory, 50))).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    details: { setting: "dataDirectory", offset: 0 },
  });
  const engine = await Foldback.open(config);
  expect(engine.status().records).toBe(2);
  await engine.close();
});

test("a log that has more than the file is refused", async () => {
  const directory = temporaryDirectory();
  const config = configOf(join(directory, "data"));
  await importFile(config, eventFile(directory, 60));
  await expect(evaluateInto(config, eventFile(directory, 50))).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    details: { offset: 50 },
  });
});

test("a changed file, other settings or other parts left out are told, instead of a wrong report", async () => {
  const directory = temporaryDirectory();
  const file = eventFile(directory, 100);
  const config = configOf(join(directory, "data"));
  await evaluateInto(config, file);
  const refused = (part: string) => ({
    code: "CONFIG_INVALID",
    details: { setting: "dataDirectory", part },
  });
  await expect(evaluateInto(config, file, { ablate: ["trend"] })).rejects.toMatchObject(
    refused("ablate"),
  );
  const other = resolveConfig({
    ...smallConfig(config.dataDirectory, { negativesPerPositive: 9 }),
  });
  await expect(evaluateInto(other, file)).rejects.toMatchObject(refused("settings"));
  const kept = readFileSync(file);
  appendFileSync(file, `${JSON.stringify(likes(100, 1)[0])}\n`);
  await expect(evaluateInto(config, file)).rejects.toMatchObject(refused("file"));
  // Of the same size, and one digit is another.
  writeFileSync(file, kept.toString().replace("item-1", "item-2"));
  await expect(evaluateInto(config, file)).rejects.toMatchObject(refused("file"));
  writeFileSync(file, kept);
  expect((await evaluateInto(config, file)).isEarlier).toBe(true);
});

test("the parts left out are in the report, each with what it adds", async () => {
  const directory = temporaryDirectory();
  const config = configOf(join(directory, "data"));
  const { report } = await evaluateInto(config, eventFile(directory, 200), {
    ablate: ["model", "trend"],
  });
  const { ablation = {} } = report;
  expect(Object.keys(ablation)).toEqual(["model", "trend"]);
  expect(ablation.model?.adds).toBeCloseTo(
    (report.metrics["hit@10"] ?? 0) - (ablation.model?.["hit@10"] ?? 0),
    12,
  );
});

test("a report that was damaged is refused, not taken for none", async () => {
  const directory = temporaryDirectory();
  const file = eventFile(directory, 50);
  const config = configOf(join(directory, "data"));
  await evaluateInto(config, file);
  const path = join(config.dataDirectory, "evaluation.json");
  for (const text of ["", "{", "{}", "null"]) {
    writeFileSync(path, text);
    await expect(evaluateInto(config, file)).rejects.toMatchObject({ code: "DATA_CORRUPT" });
  }
  rmSync(path);
  expect((await evaluateInto(config, file)).isEarlier).toBe(false);
});

test("a file that is not there makes no directory", async () => {
  const directory = temporaryDirectory();
  const config = configOf(join(directory, "data"));
  const missing = join(directory, "missing.csv");
  for (const run of [evaluateFile, evaluateInto, importFile]) {
    await expect(run(config, missing)).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  }
  expect(existsSync(config.dataDirectory)).toBe(false);
});

test("the directory of a running engine is locked for imports", async () => {
  const directory = temporaryDirectory();
  const config = configOf(join(directory, "data"));
  const engine = await Foldback.open(config);
  const file = eventFile(directory, 5);
  for (const run of [evaluateInto, importFile]) {
    await expect(run(config, file)).rejects.toMatchObject({ code: "DATA_LOCKED" });
  }
  await engine.close();
});

test("imported history has the events' own times, whatever the time of the import", async () => {
  const directory = temporaryDirectory();
  const file = eventFile(directory, 100);
  const early = configOf(join(directory, "early"));
  const late = configOf(join(directory, "late"));
  const result = await importFile(early, file);
  expect(result).toMatchObject({ accepted: 100, duplicates: 5, refusedCount: 0, refused: [] });
  await new Promise((resolve) => setTimeout(resolve, 20));
  await importFile(late, file);
  const segment = "0000000000000000.log";
  expect(readFileSync(join(early.dataDirectory, "log", segment))).toEqual(
    readFileSync(join(late.dataDirectory, "log", segment)),
  );
});
