import { describe, expect, it } from "vitest";
import { duration, durations } from "./durations.ts";

describe("durations of flags", () => {
  const parse = duration("--lost", { isZeroAllowed: false });

  it("are a number and a unit", () => {
    expect(["1d", "2h", "5m", "30s", "1.5h", " 1m "].map(parse)).toEqual([
      86_400_000, 7_200_000, 300_000, 30_000, 5_400_000, 60_000,
    ]);
  });

  it("may be 0 only where that means something", () => {
    expect(duration("--sync-interval", { isZeroAllowed: true })("0")).toBe(0);
    for (const came of ["0", "0s", "0.0001s"]) expect(() => parse(came)).toThrow("--lost takes");
  });

  it("refuse everything else, saying what came", () => {
    for (const came of ["", "d", "5", "-1d", "1w", "1d2h", "1e3s", "99999999999d", "NaNs"]) {
      expect(() => parse(came)).toThrow(JSON.stringify(came));
    }
  });

  it("come in lists, each once", () => {
    const list = durations("--sync-interval", { isZeroAllowed: true });
    expect(list("1d,1h, 60m,0")).toEqual([86_400_000, 3_600_000, 0]);
    expect(() => list("1d,,1h")).toThrow('not ""');
  });
});
