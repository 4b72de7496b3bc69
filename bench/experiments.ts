/**
 * What do experiments cost: a request that is assigned to 1 and to 20 of them, and an event that is counted for them?
 *
 * An engine over the 100,000 ratings that ship with it; lists of ten for 1,000 accounts, with and without the variants, which vary
 * nothing, in turns. Then the view alone: lists and likes of 20,000 accounts, measured by 1 and by 20 experiments, against none. No bar:
 * beside each stands the same without.
 */
import { createLearner, Foldback, importFile, resolveConfig } from "#foldback/engine";
import type { Event, LogRecord } from "#foldback/event";
import { count, figure, median, ratingsFile, withDirectory } from "./lib/report.ts";

const experimentsOf = (number: number) =>
  Object.fromEntries(
    Array.from({ length: number }, (_, i) => [
      `experiment-${i}`,
      { variants: [{ name: "control" }, { name: "new" }] },
    ]),
  );

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  await withDirectory(async (data) => {
    for (const number of [1, 20]) await requests(data, number, smoke);
  });
  for (const number of [0, 1, 20]) records(number, smoke ? 200 : 20_000);
}

async function requests(dataDirectory: string, number: number, smoke: boolean): Promise<void> {
  const config = resolveConfig({
    dataDirectory,
    experiments: experimentsOf(number),
    response: { kind: "off" },
  });
  if (!smoke && number === 1) await importFile(config, ratingsFile);
  const engine = await Foldback.open(config);
  await engine.settled();
  const [rounds, accounts] = smoke ? [2, 10] : [9, 1000];
  const times = { without: [] as number[], with: [] as number[] };
  let items = 0;
  for (let round = 0; round < rounds; round++) {
    for (const side of ["without", "with"] as const) {
      const experiments = side === "with";
      const began = process.cpuUsage().user;
      for (let account = 1; account <= accounts; account++) {
        const call = { account: String(account), count: 10, experiments };
        items += engine.recommendList(call).items.length;
      }
      times[side].push((process.cpuUsage().user - began) / accounts);
    }
  }
  await engine.close();
  const [without, assigned] = [median(times.without), median(times.with)];
  figure(
    `${number} of them`,
    `a request ${assigned.toFixed(0)} µs, ${without.toFixed(0)} µs without (user time, median of ${rounds} rounds); ${count(items)} items`,
  );
}

function records(number: number, accounts: number): void {
  const { outcomes } = createLearner(resolveConfig());
  const names = Array.from({ length: number }, (_, i) => `experiment-${i}`);
  const variants = [
    { name: "control", weight: 1 },
    { name: "new", weight: 1 },
  ];
  const definition = JSON.stringify({ windowSeconds: 600, accountsMax: 1_000_000, variants });
  const context = Object.fromEntries(names.map((name) => [`experiment.${name}`, "new"]));
  const events: Event[] = [];
  for (let time = 0; time < accounts; time++) {
    const account = `account-${time}`;
    events.push({ type: "served", time, account, request: account, context, list: [] });
    for (let like = 0; like < 9; like++) events.push({ type: "like", time, account, item: "i" });
  }
  let offset = 0;
  const recordOf = (event: Event): LogRecord => ({
    partition: 0,
    offset: offset++,
    logTime: event.time * 1000,
    event,
  });
  for (const experiment of names)
    outcomes.apply(
      recordOf({ type: "experiment_set", time: 0, context: { experiment, definition } }),
    );
  const all = events.map(recordOf);
  const began = process.cpuUsage().user;
  for (const record of all) outcomes.apply(record);
  const perRecord = (process.cpuUsage().user - began) / all.length;
  const measured = Object.values(outcomes.of()).map((it) => it.variants[1].measured);
  figure(
    `${number} of them`,
    `an event ${perRecord.toFixed(2)} µs; ${count(measured.reduce((a, b) => a + b, 0))} accounts measured`,
  );
}
