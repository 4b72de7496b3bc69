import fc from "fast-check";
import { expect, it } from "vitest";
import { RequestTimes } from "./requestTimes.ts";

it("gives the nearest-rank percentiles of the latest 1,024 within a minute", () => {
  const request = fc.record({
    gapMs: fc.integer({ min: 0, max: 500 }),
    tookMs: fc.double({ min: 0, max: 1000, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(request, { maxLength: 1500, size: "max" }), (requests) => {
      const times = new RequestTimes();
      const all: { atMs: number; tookMs: number }[] = [];
      let nowMs = 1e6;
      for (const { gapMs, tookMs } of requests) {
        nowMs += gapMs;
        times.observe(nowMs, tookMs);
        all.push({ atMs: nowMs, tookMs });
      }
      // By counting: the smallest that so large a share of them does not exceed.
      const recent = all.slice(-1024).filter(({ atMs }) => atMs > nowMs - 60_000);
      const percentile = (share: number) =>
        Math.min(
          ...recent
            .filter(
              ({ tookMs }) =>
                recent.filter((other) => other.tookMs <= tookMs).length >= share * recent.length,
            )
            .map(({ tookMs }) => tookMs),
        );
      const said = times.percentiles(nowMs);
      expect(times.count).toBe(requests.length);
      if (recent.length === 0) expect(said).toBeUndefined();
      else {
        expect(said).toEqual({
          p50Ms: percentile(0.5),
          p95Ms: percentile(0.95),
          p99Ms: percentile(0.99),
        });
      }
    }),
    { numRuns: 20 },
  );
});
