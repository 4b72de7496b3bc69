/**
 * The people behind accounts, from two CSVs: sessions (where, when, on what device) and what was played in them.
 *
 * `foldback people count --access … --actions …` does the same from a shell. The tables are simulated
 * (`foldback simulate --households L2 --accounts 6 --seed 5 --set sessionsMax=60`), so the truth is known, and printed beside it.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  countBest,
  defaultDayParts,
  groupAccounts,
  Refusals,
  Staging,
  stageFile,
} from "foldback/people";

const path = (name: string) =>
  fileURLToPath(new URL(`../../examples/data/household/${name}.csv`, import.meta.url));
const truth = new Map(
  readFileSync(path("truth-people"), "utf8")
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.split(",") as [account: string, people: string]),
);

const refusals = new Refusals();
const staging = await Staging.open();
try {
  await stageFile(staging, "access", path("access"), { refusals });
  await stageFile(staging, "action", path("actions"), { refusals });
  const options = { dayParts: defaultDayParts, places: undefined, refusals };
  const grouped = await groupAccounts(staging, options);
  console.log("account  sessions  people  probability  in truth");
  for await (const { accounts } of grouped.batches()) {
    for (const sessions of accounts) {
      const { account, people, probabilities, evidence } = countBest(sessions);
      console.log(
        `${account.padEnd(7)}${String(sessions.tokens.length).padStart(10)}${String(people).padStart(8)}` +
          `${probabilities[people - 1].toFixed(2).padStart(13)}${(truth.get(account) ?? "?").padStart(10)}`,
      );
      console.log(`         ${evidence}`);
    }
  }
  console.log(`${refusals.count} rows refused`);
} finally {
  await staging.close();
}
