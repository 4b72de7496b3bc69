/**
 * How fast do simulated events come, and does memory stay that of the service, not of its events?
 *
 * 10 million events of 10,000 accounts, taken one by one and thrown away; then a million more of them, once as
 * they are and once as JSON lines. Resident memory is that of the process, which collects garbage when it likes.
 */
import { hash32 } from "#foldback/core";
import { simulate } from "#foldback/simulate";
import { bar, count, figure } from "./lib/report.ts";

const eventsASecondMin = 100_000;
/** Of what the first tenth leaves: garbage comes and goes by so much. */
const memoryFactorMax = 1.5;

export function run({ smoke }: { smoke: boolean }): void {
  const tenth = smoke ? 5000 : 1_000_000;
  const simulation = simulate({ accounts: smoke ? 200 : 10_000, days: 60, seed: 1 });
  const take = (wanted: number, use: (event: object) => void): number => {
    const begin = performance.now();
    for (let i = 0; i < wanted; i++) {
      const { value } = simulation.next();
      if (value === undefined) throw new Error(`it ended after ${i} events of a part`);
      use(value.event);
    }
    return (wanted / (performance.now() - begin)) * 1000;
  };
  let taken = 0;
  const residents: number[] = [];
  const rates: number[] = [];
  for (let part = 0; part < 10; part++) {
    rates.push(take(tenth, () => taken++));
    residents.push(process.memoryUsage().rss);
  }
  let lines = 0;
  const asLines = take(tenth, (event) => {
    lines = (lines ^ hash32(JSON.stringify(event))) >>> 0;
  });
  const mean = rates.length / rates.reduce((sum, rate) => sum + 1 / rate, 0);
  figure("events", `${count(taken)}, ${count(mean)} events/s`);
  figure("JSON lines", `${count(asLines)} events/s with their hash; checksum ${lines}`);
  const megabytes = residents.map((bytes) => count(bytes / 1e6));
  figure("resident", `${megabytes[0]} MB after a tenth, ${megabytes[9]} MB after all`);
  bar(`≥ ${count(eventsASecondMin)} events/s`, mean >= eventsASecondMin, smoke);
  const isFlat = residents[9] <= memoryFactorMax * residents[0];
  bar(`memory after all ≤ ${memoryFactorMax} × after a tenth`, isFlat, smoke);
}
