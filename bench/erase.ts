/**
 * How long does it take to forget an account, in a service that has a million events behind it?
 *
 * A simulated service (10,000 accounts), all of it learned from. Then accounts are erased, one a call, and a
 * hundred in one; after each, every file of the data directory is looked through for their names. Compared in
 * the same run: reading those files, which an erasure of any account must do as well.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { assert } from "#foldback/core";
import { Foldback } from "#foldback/engine";
import { simulate } from "#foldback/simulate";
import { bar, count, figure, median, withDirectory } from "./lib/report.ts";

/** The project's own: nobody has set one. */
const secondsMax = 10;
const batchEvents = 2000;

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  const [accounts, eventCount, rounds] = smoke ? [100, 3000, 2] : [10_000, 1_000_000, 5];
  await withDirectory(async (dataDirectory) => {
    const engine = await Foldback.open({ dataDirectory });
    const events = simulate({ accounts, days: 60, seed: 1 });
    const seen = new Set<string>();
    for (let taken = 0; taken < eventCount; taken += batchEvents) {
      const batch = Array.from({ length: batchEvents }, () => {
        const { value } = events.next();
        assert(value !== undefined, "the simulated service goes on");
        if ("account" in value.event) seen.add(value.event.account);
        return value.event;
      });
      await engine.ingest(batch);
      if (engine.status().trainingLag > 100_000) await engine.settled();
    }
    await engine.settled();
    const names = [...seen];
    const seconds: number[] = [];
    let gone = 0;
    const erase = async (erased: readonly string[]): Promise<number> => {
      const report = await engine.erase(erased);
      gone += report.events;
      const texts = erased.map((name) => JSON.stringify(name));
      assert(filesWith(dataDirectory, texts) === 0, `${erased.join(", ")}: in no file`);
      return report.seconds;
    };
    for (let round = 0; round < rounds; round++) seconds.push(await erase([names[round]]));
    const many = await erase(names.slice(rounds, rounds + (smoke ? 10 : 100)));
    const beganMs = performance.now();
    filesWith(dataDirectory, ["nobody"]);
    const reading = (performance.now() - beganMs) / 1000;
    figure("log", `${count(engine.status().records)} records; ${count(gone)} events erased`);
    figure("one account", `${median(seconds).toFixed(2)} s, median of ${rounds}`);
    figure(`${smoke ? 10 : 100} accounts`, `${many.toFixed(2)} s, in one call`);
    figure("reading", `${reading.toFixed(2)} s: all files of the data directory, no more`);
    await engine.close();
    bar(
      `one account ≤ ${secondsMax} s: ${median(seconds).toFixed(2)}`,
      median(seconds) <= secondsMax,
      smoke,
    );
  });
}

/** How many files have one of the texts in them; each is read once. */
function filesWith(directory: string, texts: readonly string[]): number {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => join(directory, name))
    .filter((path) => {
      if (!statSync(path).isFile()) return false;
      const bytes = readFileSync(path);
      return texts.some((text) => bytes.includes(text));
    }).length;
}
