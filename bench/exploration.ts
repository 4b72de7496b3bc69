/**
 * What does it cost to fill a place of a list by chance, and to know with what probability?
 *
 * 500 contenders whose merits fall evenly, shown 0 to 49 times; each policy in turns, a new seed for each choice. No bar: beside it
 * stands ε alone, which is what the choosing costs without the integral of Thompson's propensities.
 */
import { type ExplorationOptions, Explorer } from "#foldback/recommend";
import { figure, median } from "./lib/report.ts";

const contenders = Array.from({ length: 500 }, (_, i) => ({ merit: -i / 40, shownCount: i % 50 }));
const common = { spread: 0.5, epsilon: 0.1, newItems: { share: 0, place: 4, shownMax: 100 } };
const policies: Readonly<Record<string, ExplorationOptions>> = {
  "ε alone": { ...common, policy: "none" },
  thompson: { ...common, policy: "thompson" },
};

export function run({ smoke }: { smoke: boolean }): void {
  const [rounds, choices] = smoke ? [2, 20] : [15, 1000];
  const explorers = Object.entries(policies).map(([name, options]) => ({
    name,
    explorer: new Explorer(options),
    times: [] as number[],
  }));
  for (let round = 0; round < rounds; round++) {
    for (const { explorer, times } of explorers) {
      const beganMs = performance.now();
      for (let i = 0; i < choices; i++) {
        explorer.seed(i);
        explorer.choose(0, contenders);
      }
      times.push((performance.now() - beganMs) / choices);
    }
  }
  for (const { name, times } of explorers)
    figure(name, `${median(times).toFixed(3)} ms a place, median of ${rounds} rounds`);
}
