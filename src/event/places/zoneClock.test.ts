import { expect, test } from "vitest";
import { Random } from "../../core/index.ts";
import { ZoneClock } from "./zoneClock.ts";

const minute = 60_000;

test.each([
  ["Europe/Berlin", "2024-03-31T01:00:00Z", 60, 120],
  ["Europe/Berlin", "2024-10-27T01:00:00Z", 120, 60],
  ["America/New_York", "2024-11-03T06:00:00Z", -240, -300],
  ["Australia/Lord_Howe", "2024-10-05T15:30:00Z", 630, 660],
  ["Asia/Kathmandu", "2024-06-01T00:00:00Z", 345, 345],
])("%s at %s goes from %i to %i minutes east of UTC", (zone, at, before, after) => {
  const clock = ZoneClock.of(zone);
  const time = Date.parse(at);
  expect(clock?.offsetMs(time - 1)).toBe(before * minute);
  expect(clock?.offsetMs(time)).toBe(after * minute);
});

test("every moment has the offset that Intl says", () => {
  const random = new Random(7);
  for (const zone of ["America/Sao_Paulo", "Africa/Casablanca", "Pacific/Apia", "Europe/Lisbon"]) {
    const clock = ZoneClock.of(zone);
    const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
    for (let i = 0; i < 500; i++) {
      const time = Math.floor(random.uniform() * 1.7e12);
      const name = format.formatToParts(time).find(({ type }) => type === "timeZoneName")?.value;
      const [, sign, hours, minutes] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(name ?? "") ?? [];
      const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === "-" ? -1 : 1);
      expect((clock?.offsetMs(time) ?? 0) / minute, `${zone} at ${time}`).toBe(offset);
    }
  }
});

test("a name that is no zone has no clock", () => {
  expect(ZoneClock.of("Mars/Olympus")).toBeUndefined();
});
