/**
 * Attribution from a CSV: five purchases under four windows side by side, then divided among channels by several models.
 *
 * The file is small enough to check by hand. The columns are those of events; `foldback attribution compare` and `credit` say the same from a
 * shell.
 */
import { fileURLToPath } from "node:url";
import {
  compare,
  costsOf,
  creditReport,
  EventTables,
  endOfData,
  gridSettings,
  histories,
  JourneySums,
  journeysOf,
  resolve,
} from "foldback/attribution";

const day = 24 * 3_600_000;
const tables = await EventTables.open({ conversions: ["purchase"], clock: { now: Date.now } });
await tables.addFile(fileURLToPath(new URL("../../examples/data/ads.csv", import.meta.url)));
const { money } = await tables.prepare();

// Of each purchase the latest click within the click window has it; else the latest view within the view window; else nobody.
const settings = gridSettings({ click: ["7d", "28d"], view: ["off", "1d"], engaged: ["off"] });
const resolved = await resolve(tables, { dimensions: [], hasAccounts: false, hasIds: false });
const { cells } = compare(resolved, await costsOf(tables, []), settings, money);
console.log("click  view  conversions  value  cost per conversion  unattributed");
for (const { event, click, view, conversions, value, cpa, unattributed } of cells) {
  if (event !== "purchase") continue; // a line each for every event, and one for all
  console.log(
    `${click.padEnd(7)}${view.padEnd(6)}${String(conversions).padStart(11)}${value.toFixed(2).padStart(7)}` +
      `${(cpa?.toFixed(2) ?? "–").padStart(21)}${String(unattributed).padStart(14)}`,
  );
}

// The whole way to each purchase, divided among the channels on it.
const sums = new JourneySums({ halfLifeMs: 7 * day });
const end = await endOfData(tables);
const options = { lookbackMs: 30 * day, journey: "full", endOfData: end } as const;
for await (const history of histories(tables)) {
  for (const journey of journeysOf(history, options)) sums.add(journey);
}
await tables.close();
const models = ["last-click", "first-touch", "linear", "time-decay"] as const;
const report = creditReport(sums, { models, minorUnits: money.minorUnits });
const credited = models.map(
  (model) =>
    new Map(report.models[model]?.map(({ channel, conversions }) => [channel, conversions])),
);
console.log(`\n${"channel".padEnd(14)}${models.map((model) => model.padStart(13)).join("")}`);
for (const channel of ["search", "social", "video", null]) {
  const shares = credited.map((of) => (of.get(channel) ?? 0).toFixed(2).padStart(13));
  console.log(`${(channel ?? "no click").padEnd(14)}${shares.join("")}`);
}
console.log(`nothing came before ${report.totals.unattributed} of ${report.totals.conversions}`);
