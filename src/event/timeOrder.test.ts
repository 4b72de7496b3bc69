import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Event } from "./event.ts";
import type { EventBatch } from "./eventFile.ts";
import { inTimeOrder } from "./timeOrder.ts";

function batchOf(events: readonly Event[], bytesRead: number): EventBatch {
  const refused = [{ index: bytesRead, field: "line", came: "x", allowed: "y" }];
  return { events, refused, name: "f", bytesRead };
}

async function* each(batches: readonly EventBatch[]): AsyncGenerator<EventBatch> {
  yield* batches;
}

test("events come by time, equal times in the order they came, none lost", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.nat(5))), async (times) => {
      let count = 0;
      const batches = times.map((batch, i) =>
        batchOf(
          batch.map((time) => ({ type: "like", time, account: "a", item: String(count++) })),
          i + 1,
        ),
      );
      const given = batches.flatMap((batch) => batch.events);
      const expected = [0, 1, 2, 3, 4, 5].flatMap((time) => given.filter((e) => e.time === time));
      const sorted: Event[] = [];
      const refusedAt: number[] = [];
      for await (const batch of inTimeOrder(each(batches))) {
        sorted.push(...batch.events);
        refusedAt.push(...batch.refused.map((refusal) => refusal.index));
      }
      expect(sorted).toEqual(expected);
      expect(refusedAt).toEqual(batches.map((batch) => batch.bytesRead));
    }),
  );
});
