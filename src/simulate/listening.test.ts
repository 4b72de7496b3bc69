import { expect, test } from "vitest";
import { dayMs, hourMs } from "../core/index.ts";
import { Catalogue } from "./catalogue.ts";
import { Draws } from "./draws.ts";
import { Emit } from "./emit.ts";
import { Listening } from "./listening.ts";
import { ServingPolicy } from "./policy.ts";
import { type Person, Population } from "./population.ts";
import { Trends } from "./trends.ts";

const start = Date.UTC(2025, 2, 2);
const end = start + 14 * dayMs;
/** The clocks of New York go forward at 7:00 UTC of 9 March 2025, in the middle of it. */
const zone = "America/New_York";

function listening(population: Population): Listening {
  const catalogue = new Catalogue(20, start, new Draws(1, 2));
  return new Listening({
    population,
    catalogue,
    trends: new Trends(catalogue, 0),
    policy: new ServingPolicy(),
    draws: new Draws(1, 4),
    drift: 0,
    emit: new Emit("", []),
  });
}

/** The platform's local hour of the week at each hour from `start`, from Monday 0:00. */
function platformHours(): number[] {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    weekday: "short",
    hour: "2-digit",
    hourCycle: "h23",
  });
  const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
  return Array.from({ length: (end - start) / hourMs }, (_, hour) => {
    const parts = format.formatToParts(start + hour * hourMs);
    const value = (type: string): string => parts.find((part) => part.type === type)?.value ?? "";
    return days.indexOf(value("weekday")) * 24 + Number(value("hour"));
  });
}

/** Expected starts of the person in each hour, by the routine's own table. */
function expectedStarts(
  { routine, sessionsPerDay, shiftHours }: Person,
  hours: number[],
): number[] {
  return hours.map(
    (hour) => (sessionsPerDay / 24) * routine.hourWeights[(hour - shiftHours + 168) % 168],
  );
}

test("people begin at the local hours that their routines say, also when the clocks change", () => {
  const population = new Population(6000, start, new Draws(3, 1));
  const process = listening(population);
  const hours = platformHours();
  const observed = new Float64Array(hours.length);
  const expected = new Float64Array(hours.length);
  for (const [index, person] of population.people.entries()) {
    if (person.region.zone.name !== zone) continue;
    for (const [hour, count] of expectedStarts(person, hours).entries()) expected[hour] += count;
    let time = process.nextStart(index, start, end);
    while (time < end) {
      observed[Math.floor((time - start) / hourMs)]++;
      time = process.nextStart(index, time, end);
    }
  }
  /** Chi-square by its degrees of freedom, in standard deviations above the mean. */
  const excess = (shiftHours: number, from: number, to: number): number => {
    let sum = 0;
    let count = 0;
    for (let hour = from; hour < to; hour++) {
      const mean = expected[hour + shiftHours];
      if (mean < 5) continue; // in the dead of night: too few for the square to have its distribution
      sum += (observed[hour] - mean) ** 2 / mean;
      count++;
    }
    expect(count).toBeGreaterThan(120);
    return (sum - count) / Math.sqrt(2 * count);
  };
  const change = 7 * 24 + 7;
  expect(excess(0, 0, change)).toBeLessThan(4);
  expect(excess(0, change, hours.length)).toBeLessThan(4);
  // The test sees an hour: without the change, the second week would be one later.
  expect(excess(-1, change, hours.length)).toBeGreaterThan(10);
});
