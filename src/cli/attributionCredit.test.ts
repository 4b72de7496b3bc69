/** `foldback attribution credit` and `paths` as whoever types them meets them. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { directoryOf } from "../testing/eventFiles.ts";
import { runFoldback } from "../testing/foldbackProcess.ts";

interface Row {
  readonly channel: string | null;
  readonly conversions: number;
  readonly value: number;
}

interface Credit {
  readonly models: Readonly<Record<string, readonly Row[] | null>>;
  readonly totals: Readonly<Record<string, number>>;
}

async function credit(...args: string[]): Promise<Credit> {
  const { code, stdout, stderr } = await runFoldback(["attribution", "credit", ...args, "--json"]);
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as Credit; // as it prints it
}

function shares(rows: readonly Row[] | null, of: "conversions" | "value" = "conversions"): unknown {
  return Object.fromEntries((rows ?? []).map((row) => [row.channel, Number(row[of].toFixed(9))]));
}

test("paths, with a separator of any length, and the models that were asked for", async () => {
  const csv = "path,conversions,value,nulls\nA=>B=>A,2,20,0\nA=>B,1,10,1\nB,0,0,2\nB=>B=>A,1,5,0\n";
  const path = join(directoryOf({ "paths.csv": csv }), "paths.csv");
  const { models, totals } = await credit(
    ...[path, "--separator", "=>", "--model", "markov,position,time-decay", "--order", "1"],
  );
  expect(Object.keys(models)).toEqual(["markov", "position", "time-decay"]);
  expect(shares(models["markov"])).toEqual({ A: 2.43902439, B: 1.56097561 });
  expect(shares(models["position"])).toEqual({ A: 2.5, B: 1.5 });
  expect(models["time-decay"]).toBeNull();
  expect(totals).toEqual({
    conversions: 4,
    value: 35,
    unattributed: 0,
    unattributedValue: 0,
    nulls: 3,
  });
});

const day = (at: number): string => new Date(Date.UTC(2024, 4, 1) + at * 86_400_000).toISOString();

const events = [
  { type: "ad_click", account: "a", time: day(0), id: "1", ad: { channel: "A", campaign: "x" } },
  {
    type: "ad_impression",
    account: "a",
    time: day(2),
    id: "2",
    ad: { channel: "B", campaign: "x" },
  },
  { type: "visit", account: "a", time: day(4), id: "3", ad: { channel: "C" } },
  { type: "purchase", account: "a", time: day(3), id: "4", value: 100, currency: "EUR" },
  { type: "purchase", account: "a", time: day(5), id: "5", value: 60, currency: "EUR" },
  { type: "ad_click", account: "b", time: day(5), id: "6", ad: { channel: "A", campaign: "x" } },
  { type: "purchase", account: "c", time: day(1), id: "7", value: 9.99, currency: "EUR" },
];

test("journeys of events, kept whole or begun anew, with nulls and what nobody earned", async () => {
  const ndjson = events.map((event) => `${JSON.stringify(event)}\n`).join("");
  const path = join(directoryOf({ "events.ndjson": ndjson }), "events.ndjson");
  const full = await credit(path);
  expect(shares(full.models["linear"], "value")).toEqual({ A: 70, B: 70, C: 20 });
  expect(shares(full.models["last-click"])).toEqual({ A: 2, B: 0, C: 0 });
  expect(full.totals).toEqual({
    conversions: 3,
    value: 169.99,
    unattributed: 1,
    unattributedValue: 9.99,
    nulls: 1,
  });
  const reset = await credit(path, "--journey", "reset", "--model", "linear,last-click");
  expect(shares(reset.models["linear"], "value")).toEqual({ A: 50, B: 50, C: 60 });
  expect(reset.models["last-click"]?.at(-1)).toEqual({ channel: null, conversions: 1, value: 60 });
  const campaigns = await credit(path, "--by", "campaign", "--touches", "click,view");
  expect(shares(campaigns.models["last-touch"])).toEqual({ x: 2 });

  const { code, stdout } = await runFoldback(["attribution", "paths", path, "--csv"]);
  expect(code).toBe(0);
  expect(stdout).toBe("path,conversions,value,nulls\nA > B,1,100,0\nA > B > C,1,60,0\n,1,9.99,0\n");
});
