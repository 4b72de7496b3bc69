/** Against the time zones of the platform, as far as they know the rules since 2008. */
import { describe, expect, test } from "vitest";
import { hourMs } from "../core/index.ts";
import { LocalClock, type Zone, zones } from "./zones.ts";

/** What the platform's tables say, as hours since Monday 0:00. */
function platformClock(zone: Zone): (time: number) => number {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone.name,
    weekday: "short",
    hour: "2-digit",
    hourCycle: "h23",
  });
  const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
  return (time) => {
    const parts = format.formatToParts(time);
    const value = (type: string): string => parts.find((part) => part.type === type)?.value ?? "";
    return days.indexOf(value("weekday")) * 24 + Number(value("hour"));
  };
}

describe.each(Object.values(zones))("$name", (zone) => {
  test("has the platform's local hours over twenty years", () => {
    const expected = platformClock(zone);
    const clock = new LocalClock(zone);
    const end = Date.UTC(2028, 0, 1);
    let checked = 0;
    for (let time = Date.UTC(2008, 0, 1); time < end; time += 61 * hourMs + 1000) {
      expect([time, clock.hourOfWeek(time)]).toEqual([time, expected(time)]);
      checked++;
    }
    expect(checked).toBeGreaterThan(2800);
  });

  test("changes at the platform's very moments, whatever was asked before", () => {
    const expected = platformClock(zone);
    const clock = new LocalClock(zone);
    let changes = 0;
    for (let time = Date.UTC(2025, 0, 1); time < Date.UTC(2027, 0, 1); time += hourMs) {
      const isChange = expected(time) !== (expected(time - hourMs) + 1) % 168;
      if (!isChange) continue;
      changes++;
      for (const at of [time, time - 1, time + 30 * hourMs, time - 30 * hourMs]) {
        expect([at, clock.hourOfWeek(at)]).toEqual([at, expected(at)]);
      }
    }
    expect(changes).toBe(zone.summer === "none" ? 0 : 4);
  });
});
