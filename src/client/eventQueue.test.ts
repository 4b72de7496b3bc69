/** What becomes of tracked events. Time is held still; batches are answered by the test. */
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FoldbackClientError } from "./errors.ts";
import { type Acknowledgement, EventQueue, type EventQueueOptions } from "./eventQueue.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

interface Batch {
  /** Milliseconds since the queue was made. */
  readonly at: number;
  readonly events: readonly number[];
  readonly signal: AbortSignal;
  readonly acknowledge: (refused?: Acknowledgement["refused"]) => Promise<void>;
  readonly fail: (reason: Error) => Promise<void>;
}

/** A queue, and the batches that it sends; each waits for its answer. */
function queueOf(options: Partial<EventQueueOptions> = {}) {
  const batches: Batch[] = [];
  const begun = performance.now();
  const queue = new EventQueue(
    {
      eventsMax: 3,
      bytesMax: 1000,
      delayMs: 100,
      queueEventsMax: 10,
      queueBytesMax: 10_000,
      ...options,
    },
    (body, signal) =>
      new Promise((resolve, reject) => {
        batches.push({
          at: performance.now() - begun,
          events: JSON.parse(body),
          signal,
          acknowledge: (refused = []) => {
            resolve({ status: 202, requestId: "r1", refused });
            return vi.advanceTimersByTimeAsync(0).then(() => undefined);
          },
          fail: (reason) => {
            reject(reason);
            return vi.advanceTimersByTimeAsync(0).then(() => undefined);
          },
        });
      }),
  );
  return { queue, batches };
}

/** Adds events that are numbers, and notes how each ends. */
function add(queue: EventQueue, ...events: readonly number[]) {
  const ends = new Map<number, unknown>();
  for (const event of events) {
    queue.add(JSON.stringify(event)).then(
      () => ends.set(event, "acknowledged"),
      (error: unknown) => ends.set(event, error),
    );
  }
  return ends;
}

const codeOf = (end: unknown) => (end instanceof FoldbackClientError ? end.code : end);
const tooLarge = (details: Record<string, unknown> = {}) =>
  new FoldbackClientError("BATCH_TOO_LARGE", "split it", { status: 413, details });

test("a batch goes at once when it has as many events as it may", async () => {
  const { queue, batches } = queueOf();
  add(queue, 1, 2, 3, 4);
  expect(batches).toMatchObject([{ at: 0, events: [1, 2, 3] }]);
  await batches[0].acknowledge();
  await vi.advanceTimersByTimeAsync(100);
  expect(batches[1]).toMatchObject({ at: 100, events: [4] });
  await batches[1].acknowledge();
});

test("or as many bytes, never more", async () => {
  const { queue, batches } = queueOf({ eventsMax: 100, bytesMax: 12 });
  add(queue, 111, 222, 333); // [111,222,333] is 13 bytes
  expect(batches).toMatchObject([{ at: 0, events: [111, 222] }]);
  await batches[0].acknowledge();
  add(queue, 1e15); // [333,1000000000000000] would be too long
  expect(batches[1]).toMatchObject({ events: [333] });
  await batches[1].acknowledge();
  expect(batches[2]).toMatchObject({ events: [1e15] }); // one goes, whatever its size
  await batches[2].acknowledge();
});

test("or when its first event has waited long enough", async () => {
  const { queue, batches } = queueOf();
  add(queue, 1);
  await vi.advanceTimersByTimeAsync(60);
  add(queue, 2);
  await vi.advanceTimersByTimeAsync(39);
  expect(batches).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(batches).toMatchObject([{ at: 100, events: [1, 2] }]);
  await batches[0].acknowledge();
});

test("one batch is under way at a time; what comes meanwhile goes after it, in order", async () => {
  const { queue, batches } = queueOf();
  add(queue, 1, 2, 3, 4);
  await vi.advanceTimersByTimeAsync(500);
  add(queue, 5);
  expect(batches).toHaveLength(1);
  await batches[0].acknowledge();
  expect(batches[1]).toMatchObject({ at: 500, events: [4, 5] }); // 4 has waited long enough
  add(queue, 6);
  await batches[1].acknowledge();
  expect(batches).toHaveLength(2); // 6 has not
  await vi.advanceTimersByTimeAsync(100);
  expect(batches[2]).toMatchObject({ at: 600, events: [6] });
  await batches[2].acknowledge();
});

test("an event is acknowledged when its batch is, and not before", async () => {
  const { queue, batches } = queueOf();
  const ends = add(queue, 1, 2, 3, 4);
  await vi.advanceTimersByTimeAsync(99);
  expect(ends.size).toBe(0);
  await batches[0].acknowledge();
  expect([...ends.keys()]).toEqual([1, 2, 3]);
  expect(ends.has(4)).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await batches[1].acknowledge();
  expect(ends.get(4)).toBe("acknowledged");
});

test("a refusal comes back to the event that it is about", async () => {
  const { queue, batches } = queueOf();
  const ends = add(queue, 1, 2, 3);
  await batches[0].acknowledge([{ index: 1, field: "time", came: "2", allowed: "a time" }]);
  expect([ends.get(1), ends.get(3)]).toEqual(["acknowledged", "acknowledged"]);
  expect(ends.get(2)).toMatchObject({
    code: "EVENT_INVALID",
    message: "time is 2; allowed: a time",
    status: 202,
    requestId: "r1",
    details: { field: "time", came: "2", allowed: "a time" },
  });
});

test("a batch that fails fails for its events alone; the next is sent", async () => {
  const { queue, batches } = queueOf();
  const ends = add(queue, 1, 2, 3, 4, 5, 6);
  await batches[0].fail(new FoldbackClientError("UNREACHABLE", "gone"));
  await batches[1].acknowledge();
  expect([1, 2, 3, 4, 5, 6].map((event) => codeOf(ends.get(event)))).toEqual([
    ...["UNREACHABLE", "UNREACHABLE", "UNREACHABLE"],
    ...["acknowledged", "acknowledged", "acknowledged"],
  ]);
});

test("a full queue takes no more, says so, and loses nothing that it has", async () => {
  const { queue, batches } = queueOf({ queueEventsMax: 5 });
  const ends = add(queue, 1, 2, 3, 4, 5, 6); // three under way, two wait
  await vi.advanceTimersByTimeAsync(0);
  expect([...ends.keys()]).toEqual([6]);
  expect(ends.get(6)).toMatchObject({ code: "QUEUE_FULL", details: { queueEventsMax: 5 } });
  await batches[0].acknowledge();
  const later = add(queue, 7);
  expect(batches[1].events).toEqual([4, 5, 7]); // there is room again, and a batch is full
  await batches[1].acknowledge();
  expect(later.get(7)).toBe("acknowledged");
});

test("a queue is full by bytes as well", async () => {
  const { queue, batches } = queueOf({ queueBytesMax: 9 });
  const ends = add(queue, 1111, 2222, 33, 4);
  await vi.advanceTimersByTimeAsync(0);
  expect([...ends.keys()]).toEqual([33]); // 4 finds room
  const flushed = queue.flush();
  await batches[0].acknowledge();
  await flushed;
  expect(add(queue, 555_555_555).size).toBe(0);
  await vi.advanceTimersByTimeAsync(100);
  await batches[1].acknowledge();
});

test("flush sends what waits, and resolves when all of it is settled, well or not", async () => {
  const { queue, batches } = queueOf();
  await queue.flush(); // nothing waits
  const ends = add(queue, 1, 2, 3, 4);
  let isFlushed = false;
  const flushed = queue.flush().finally(() => {
    isFlushed = true;
  });
  add(queue, 5); // after it: goes with 4, and would not be waited for
  await batches[0].fail(new FoldbackClientError("UNREACHABLE", "gone"));
  expect(batches[1]).toMatchObject({ at: 0, events: [4, 5] });
  expect(isFlushed).toBe(false);
  await batches[1].acknowledge();
  await flushed;
  expect([codeOf(ends.get(1)), ends.get(4)]).toEqual(["UNREACHABLE", "acknowledged"]);
});

test("what comes after a flush waits for others again", async () => {
  const { queue, batches } = queueOf();
  add(queue, 1);
  const flushed = queue.flush();
  await batches[0].acknowledge();
  await flushed;
  add(queue, 2);
  expect(batches).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(100);
  await batches[1].acknowledge();
});

test("close while sending: nothing more is taken, what waits is sent, and twice is once", async () => {
  const { queue, batches } = queueOf();
  const ends = add(queue, 1, 2, 3, 4);
  const closed = queue.close(1000);
  expect(queue.close(5)).toBe(closed);
  const late = add(queue, 5);
  await batches[0].acknowledge();
  expect(batches[1].events).toEqual([4]);
  await batches[1].acknowledge();
  await closed;
  expect([...ends.values()]).toEqual(Array(4).fill("acknowledged"));
  expect(codeOf(late.get(5))).toBe("CLIENT_CLOSED");
});

test("close ends: what is not acknowledged in time fails, and the request is cancelled", async () => {
  const { queue, batches } = queueOf();
  const ends = add(queue, 1, 2, 3, 4);
  const closed = queue.close(1000);
  await vi.advanceTimersByTimeAsync(999);
  expect(batches[0].signal.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(batches[0].signal.aborted).toBe(true);
  await batches[0].fail(batches[0].signal.reason as Error); // as fetch does
  await batches[1].fail(batches[1].signal.reason as Error);
  await closed;
  expect([...ends.values()].map(codeOf)).toEqual(Array(4).fill("CLIENT_CLOSED"));
});

test("a batch that is too large goes in the parts that the service takes, and so do those after it", async () => {
  const { queue, batches } = queueOf({ eventsMax: 6 });
  const ends = add(queue, 1, 2, 3, 4, 5, 6, 7, 8);
  await batches[0].fail(tooLarge({ batchEventsMax: 4 }));
  await batches[1].acknowledge();
  await batches[2].acknowledge([{ index: 1, field: "x", came: "6", allowed: "no" }]);
  const next = add(queue, 9, 10);
  await batches[3].acknowledge();
  expect(batches.map(({ events }) => events)).toEqual([
    [1, 2, 3, 4, 5, 6],
    [1, 2, 3, 4],
    [5, 6],
    [7, 8, 9, 10],
  ]);
  expect([ends.get(5), codeOf(ends.get(6))]).toEqual(["acknowledged", "EVENT_INVALID"]);
  expect(next.get(10)).toBe("acknowledged");
});

test("by bytes as well; and in halves where nobody says how large it may be", async () => {
  const { queue, batches } = queueOf({ eventsMax: 4 });
  const ends = add(queue, 11, 22, 33, 44);
  await batches[0].fail(tooLarge({ bodyBytesMax: 10 })); // [11,22,33]
  expect(batches[1].events).toEqual([11, 22, 33]);
  await batches[1].fail(tooLarge()); // of a proxy before it
  expect(batches[2].events).toEqual([11, 22]);
  await batches[2].fail(tooLarge());
  await batches[3].acknowledge(); // [11]
  await batches[4].fail(tooLarge()); // [22]: can't be halved
  await batches[5].acknowledge(); // [33]
  await batches[6].acknowledge(); // [44]
  expect([11, 22, 33, 44].map((event) => codeOf(ends.get(event)))).toEqual([
    ...["acknowledged", "BATCH_TOO_LARGE", "acknowledged", "acknowledged"],
  ]);
});

test("law: every event is settled once, in order; acknowledged is exactly what the service has", async () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.constant("add" as const) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 150 }) },
    { weight: 1, arbitrary: fc.constant("flush" as const) },
  );
  /** What the service makes of a batch: takes it, refuses one of its events, fails, or finds it too large. */
  const fate = fc.oneof(
    { weight: 4, arbitrary: fc.constant("take" as const) },
    { weight: 2, arbitrary: fc.nat(5) },
    { weight: 1, arbitrary: fc.constantFrom("fail" as const, "tooLarge" as const) },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.array(fate, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 60 }),
      async (steps, fates, latencyMs) => {
        const stored: number[] = [];
        const settled: number[] = [];
        const acknowledged: number[] = [];
        let asked = 0;
        let underWay = 0;
        const options = { eventsMax: 4, bytesMax: 12, delayMs: 100 };
        const queue = new EventQueue(
          { ...options, queueEventsMax: 9, queueBytesMax: 1000 },
          async (body) => {
            expect(++underWay).toBe(1);
            const events = JSON.parse(body) as number[];
            expect(events.length).toBeLessThanOrEqual(4);
            if (events.length > 1) expect(body.length).toBeLessThanOrEqual(12);
            await new Promise((resolve) => setTimeout(resolve, latencyMs));
            underWay--;
            const fate = fates[asked++ % fates.length];
            if (fate === "fail") throw new FoldbackClientError("UNREACHABLE", "gone");
            if (fate === "tooLarge") throw tooLarge();
            stored.push(...events.filter((_, index) => index !== fate));
            const isThere = typeof fate === "number" && fate < events.length;
            const refused = isThere ? [{ index: fate, field: "", came: "", allowed: "" }] : [];
            return { status: 202, requestId: "r", refused };
          },
        );
        let added = 0;
        let full = 0;
        const end = (number: number, isGood: boolean) => {
          settled.push(number);
          if (isGood) acknowledged.push(number);
        };
        for (const each of steps) {
          if (typeof each === "number") await vi.advanceTimersByTimeAsync(each);
          else if (each === "flush") void queue.flush();
          else {
            const number = added++;
            queue.add(String(number)).then(
              () => end(number, true),
              (error: unknown) => {
                if (codeOf(error) === "QUEUE_FULL") full++;
                else end(number, false);
              },
            );
          }
        }
        const closed = queue.close(1_000_000);
        await vi.runAllTimersAsync();
        await closed;
        expect(settled).toHaveLength(added - full);
        expect(settled).toEqual(settled.toSorted((a, b) => a - b));
        expect(acknowledged).toEqual(stored);
      },
    ),
    { numRuns: 300 },
  );
});
