/** What a Prometheus server reads of a real engine, against what the engine says of itself. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Foldback } from "#foldback/engine";
import { createServer } from "#foldback/http";
import { likes, smallConfig } from "../testing/smallEngine.ts";

let directory: string;
let engine: Foldback;
let server: ReturnType<typeof createServer>;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "foldback-metrics-"));
  engine = await Foldback.open(smallConfig(directory));
  server = createServer(engine);
  const post = (payload: unknown) =>
    server.inject({ method: "POST", url: "/v1/events", payload: JSON.stringify(payload) });
  await post(likes(0, 900));
  await post([...likes(900, 100), ...likes(0, 7), { type: "like" }]);
  await post({ type: "like" });
  await engine.settled();
  const { examples } = engine.status();
  await vi.waitFor(() => expect(engine.status().health.questions.next.examples).toBe(examples));
});

afterAll(async () => {
  await server.close();
  await engine.close();
  rmSync(directory, { recursive: true });
});

/** The text format: `# HELP` and `# TYPE` of each family, then its values by name and labels. */
async function scrape() {
  const { body, headers, statusCode } = await server.inject("/metrics");
  expect(statusCode).toBe(200);
  expect(headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
  const types = new Map<string, string>();
  const values = new Map<string, number>();
  for (const line of body.split("\n")) {
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    if (type !== null) types.set(type[1], type[2]);
    if (line === "" || line.startsWith("#")) continue;
    const [, name, labels = "", value] =
      /^([a-z_0-9]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? expect.fail(`no value: ${line}`);
    const key = labels === "" ? name : `${name}{${labels.split(",").sort().join(",")}}`;
    expect(values.has(key), `${key} comes once`).toBe(false);
    values.set(key, Number(value));
  }
  return { types, values };
}

test("the engine's numbers are those of its status", async () => {
  const { values, types } = await scrape();
  const { examples, health, items, accounts } = engine.status();
  expect(Object.fromEntries(values)).toMatchObject({
    foldback_ready: 1,
    foldback_log_records: 1000,
    foldback_serving_lag_records: 0,
    foldback_training_lag_records: 0,
    foldback_training_lag_seconds: 0,
    foldback_items: items,
    foldback_accounts: accounts,
    'foldback_events_total{result="accepted"}': 1000,
    'foldback_events_total{result="duplicate"}': 7,
    'foldback_events_total{result="refused"}': 2,
    'foldback_snapshots_total{result="saved"}': 0,
    foldback_training_examples_total: examples,
    'foldback_training_not_finite_total{question="next"}': 0,
    'foldback_training_alarms_total{kind="drift",question="response"}': 0,
  });
  for (const { size, ...window } of health.questions.next.windows) {
    const of = `{question="next",window="${size}"}`;
    expect(values.get(`foldback_training_log_loss${of}`)).toBe(window.logLoss);
    expect(values.get(`foldback_training_base_log_loss${of}`)).toBe(window.baseLogLoss);
    expect(values.get(`foldback_training_auc${of}`)).toBe(window.auc);
    expect(values.get(`foldback_training_predicted_mean${of}`)).toBe(window.predicted);
    expect(values.get(`foldback_training_observed_mean${of}`)).toBe(window.observed);
    expect(values.get(`foldback_training_calibration_error${of}`)).toBe(window.calibrationError);
    expect(window.auc).toBeGreaterThan(0.5);
  }
  expect(values.get("foldback_training_examples_per_second")).toBeGreaterThan(0);
  for (const [name, type] of types) {
    if (!name.startsWith("foldback_")) continue; // others have their own customs
    expect(name.endsWith("_total") === (type === "counter"), `${name} is a ${type}`).toBe(true);
  }
});

test("what is not known is not there", async () => {
  const { values, types } = await scrape();
  for (const name of ["foldback_snapshot_stall_seconds", "foldback_snapshot_turn_seconds"]) {
    expect(types.get(name)).toBe("gauge");
    expect(values.has(name)).toBe(false);
  }
  const shown = [...values.keys()].filter((key) => key.includes("log_loss{"));
  expect(shown.length).toBeGreaterThan(0);
  expect(shown.filter((key) => key.includes('question="response"'))).toEqual([]);
});

test("requests are counted by method, route and status, with their latency", async () => {
  const countOf = async (labels: string): Promise<number> =>
    (await scrape()).values.get(`foldback_http_request_duration_seconds_count{${labels}}`) ?? 0;
  expect(await countOf('method="POST",route="/v1/events",status="202"')).toBe(2);
  expect(await countOf('method="POST",route="/v1/events",status="400"')).toBe(1);
  const recommended = 'method="GET",route="/v1/accounts/{account}/recommendations",status="200"';
  expect(await countOf(recommended)).toBe(0);
  for (const account of ["a", "b", "account-1"]) {
    await server.inject(`/v1/accounts/${account}/recommendations`);
  }
  expect(await countOf(recommended)).toBe(3);
  // As many routes as there are patterns, whatever people ask for.
  for (const url of ["/x", "/y"]) await server.inject(url);
  expect(await countOf('method="GET",route="none",status="404"')).toBe(2);
  const { values } = await scrape();
  const seconds = values.get(`foldback_http_request_duration_seconds_sum{${recommended}}`) ?? 0;
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThan(10);
  const buckets = [...values].filter(
    ([key]) => key.startsWith("foldback_http") && key.includes("_bucket") && key.includes("rec"),
  );
  expect(buckets.at(-1)?.[1]).toBe(3); // +Inf
});

test("docs/METRICS.md has every name, and no other", async () => {
  const { types } = await scrape();
  const served = [...types.keys()].filter((name) => name.startsWith("foldback_"));
  const doc = readFileSync(new URL("../../docs/METRICS.md", import.meta.url), "utf8");
  const documented = [...doc.matchAll(/^\| `(foldback_[a-z_]+)/gm)].map(([, name]) => name);
  expect(documented.sort()).toEqual(served.sort());
});

test("what the process uses is there, too", async () => {
  const { values } = await scrape();
  expect(values.get("process_resident_memory_bytes")).toBeGreaterThan(1e7);
  expect(values.get("process_cpu_seconds_total")).toBeGreaterThan(0);
});
