/** Snapshots that are written while their owner goes on: in turns, with what was saved at one moment. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { SimulatedFiles } from "../testing/simulatedFiles.ts";
import { WatchedParts } from "../testing/snapshotParts.ts";
import type { SnapshotSink } from "./snapshot.ts";
import { openSnapshotStore } from "./snapshotStore.ts";

const directory = "snapshots";

function bytesOf(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

/** Sections of several parts, told apart by sequence. */
function watched(sequence: number, onNext?: (index: number) => void): WatchedParts[] {
  return [1, 2, 3].map(
    (k) => new WatchedParts([bytesOf(k, sequence), new Uint8Array(0), bytesOf(k, k, k)], onNext),
  );
}

function saveParts(sections: readonly WatchedParts[]): (sink: SnapshotSink) => void {
  return (sink) => {
    sink.write("whole", bytesOf(7, 8));
    sections.forEach((parts, i) => {
      sink.writeParts(`parts.${i}`, parts);
    });
  };
}

/** Sequence of the newest, after all of it was found as `saveParts` left it. */
function newest(
  files: SimulatedFiles,
  store = openSnapshotStore({ directory, files }),
): number | undefined {
  const { snapshot, refused } = store.latest();
  expect(refused).toEqual([]);
  if (snapshot === undefined) return undefined;
  for (const k of [1, 2, 3]) {
    const bytes = snapshot.read(`parts.${k - 1}`);
    expect([...bytes]).toEqual([k, snapshot.sequence, k, k, k]);
  }
  expect([...snapshot.read("whole")]).toEqual([7, 8]);
  snapshot.close();
  return snapshot.sequence;
}

function temporaries(files: SimulatedFiles): string[] {
  return files.list(directory).filter((name) => name.endsWith(".tmp"));
}

test("the file has the same bytes as when it is written at once, whatever the parts and turns", async () => {
  const sections = fc.uniqueArray(
    fc.record({
      name: fc.string({ minLength: 1, maxLength: 8 }),
      parts: fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }),
      repeat: fc.constantFrom(1, 1, 1, 30_000),
      isWhole: fc.boolean(),
    }),
    { selector: ({ name }) => name, maxLength: 6 },
  );
  await fc.assert(
    fc.asyncProperty(sections, fc.constantFrom(0, 1, 4, 1000), async (saved, turnMs) => {
      const files = new SimulatedFiles();
      let now = 0;
      const save = (sink: SnapshotSink): void => {
        for (const { name, parts, repeat, isWhole } of saved) {
          const large = parts.map(
            (part) => new Uint8Array(Buffer.alloc(part.length * repeat, part)),
          );
          if (isWhole) sink.write(name, Buffer.concat(large));
          else sink.writeParts(name, large);
        }
      };
      const atOnce = openSnapshotStore({ directory: "a", files }).write(9, save);
      const store = openSnapshotStore({ directory: "b", files, nowMs: () => now++ });
      const alongside = await store.writeAlongside(9, save, { turnMs });
      expect(alongside.sizeBytes).toBe(atOnce.sizeBytes);
      expect(files.contents(alongside.path).equals(files.contents(atOnce.path))).toBe(true);
      // And they are what was saved, in parts of any size.
      const { snapshot } = store.latest();
      for (const { name, parts, repeat } of saved) {
        const expected = Buffer.concat(
          parts.map((part) => Buffer.alloc(part.length * repeat, part)),
        );
        expect(expected.equals(snapshot?.read(name) ?? Buffer.alloc(1))).toBe(true);
        const sizes: number[] = [];
        const pieces = Array.from(snapshot?.readParts(name, 4096) ?? [], (part) => {
          sizes.push(part.length);
          return part.slice();
        });
        expect(expected.equals(Buffer.concat(pieces))).toBe(true);
        expect(sizes.slice(0, -1).every((size) => size === 4096)).toBe(true);
      }
      snapshot?.close();
      expect(files.openCount).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test("a turn takes no part after its time is over, and the thread does other work between turns", async () => {
  const files = new SimulatedFiles();
  let now = 0;
  let pulledInTurn = 0;
  let mostInTurn = 0;
  let turnCount = 0;
  let isDone = false;
  const otherWork = (): void => {
    turnCount++;
    mostInTurn = Math.max(mostInTurn, pulledInTurn);
    pulledInTurn = 0;
    if (!isDone) setImmediate(otherWork);
  };
  const store = openSnapshotStore({ directory, files, nowMs: () => now });
  const parts = new WatchedParts(
    Array.from({ length: 100 }, (_, i) => bytesOf(i)),
    () => {
      now += 1; // a part is a millisecond's work
      pulledInTurn++;
    },
  );
  const writing = store.writeAlongside(1, (sink) => sink.writeParts("a", parts), { turnMs: 3 });
  expect(parts.pulledCount).toBe(0); // nothing before the owner goes on
  setImmediate(otherWork);
  const { longestTurnMs } = await writing;
  isDone = true;
  expect(longestTurnMs).toBe(3);
  expect(mostInTurn).toBe(3);
  expect(turnCount).toBeGreaterThanOrEqual(33);
  expect(parts.isSettled && parts.isAtEnd).toBe(true);
});

test("a turn takes one part at least, and no more than a buffer of a section given whole", async () => {
  const files = new SimulatedFiles();
  let now = 0;
  const store = openSnapshotStore({ directory, files, nowMs: () => now++ });
  const whole = new Uint8Array(5_000_000).fill(3);
  let turnCount = 0;
  let isDone = false;
  const otherWork = (): void => {
    turnCount++;
    if (!isDone) setImmediate(otherWork);
  };
  setImmediate(otherWork);
  await store.writeAlongside(1, (sink) => sink.write("whole", whole), { turnMs: 0 });
  isDone = true;
  expect(turnCount).toBeGreaterThanOrEqual(Math.floor(5_000_000 / (256 * 1024)));
  const { snapshot } = store.latest();
  expect(Buffer.from(whole).equals(snapshot?.read("whole") ?? bytesOf())).toBe(true);
});

test("a part may be larger than what is held otherwise", async () => {
  const files = new SimulatedFiles();
  const store = openSnapshotStore({ directory, files });
  const parts = [bytesOf(1, 2, 3), new Uint8Array(6_000_000).fill(4), bytesOf(5)];
  await store.writeAlongside(1, (sink) => sink.writeParts("a", parts), { turnMs: 1000 });
  const { snapshot } = store.latest();
  expect(Buffer.concat(parts).equals(snapshot?.read("a") ?? bytesOf())).toBe(true);
});

test("what is saved is of the call's moment, from memory that changes right after each part", async () => {
  const files = new SimulatedFiles();
  const live = new Uint8Array(1000);
  let isDone = false;
  const scribble = (): void => {
    live.fill(0xff);
    if (!isDone) setImmediate(scribble);
  };
  // The owner keeps a copy of its state as of the call, and gives each part in the same memory.
  const state = Uint8Array.from({ length: 50_000 }, (_, i) => i % 251);
  function* parts(): Generator<Uint8Array> {
    for (let at = 0; at < state.length; at += live.length) {
      live.set(state.subarray(at, at + live.length));
      yield live;
    }
  }
  let now = 0;
  const store = openSnapshotStore({ directory, files, nowMs: () => now++ });
  const writing = store.writeAlongside(1, (sink) => sink.writeParts("a", parts()), { turnMs: 2 });
  scribble();
  await writing;
  isDone = true;
  const { snapshot } = store.latest();
  expect(Buffer.from(state).equals(snapshot?.read("a") ?? bytesOf())).toBe(true);
});

test("given up at any moment, every owner is told once, nothing is left, and the next one is written", async () => {
  for (let abortAt = 0; abortAt <= 14; abortAt++) {
    const files = new SimulatedFiles();
    let now = 0;
    const store = openSnapshotStore({ directory, files, nowMs: () => now });
    store.write(1, saveParts(watched(1)));
    const giveUp = new AbortController();
    const reason = new Error("no longer wanted");
    let pulled = 0;
    const sections = watched(2, () => {
      now += 10;
      if (++pulled === abortAt) giveUp.abort(reason);
    });
    const writing = store.writeAlongside(2, saveParts(sections), { signal: giveUp.signal });
    if (abortAt === 0) giveUp.abort(reason);
    const result = await writing.catch((error: unknown) => error);
    for (const parts of sections) expect(parts.isSettled).toBe(true);
    expect(temporaries(files)).toEqual([]);
    if (abortAt <= 9) {
      expect(result).toBe(reason);
      expect(newest(files)).toBe(1);
      expect(pulled).toBe(abortAt); // nothing was asked for afterwards
    } else {
      expect(newest(files)).toBe(2); // there are 9 parts: it was never given up
    }
    expect((await store.writeAlongside(3, saveParts(watched(3)))).path).toContain("3");
    expect(newest(files)).toBe(3);
    expect(files.openCount).toBe(0);
  }
});

test("given up before it began, nothing is saved", async () => {
  const store = openSnapshotStore({ directory, files: new SimulatedFiles() });
  const sections = watched(1);
  const options = { signal: AbortSignal.abort(new Error("too late")) };
  const writing = store.writeAlongside(1, saveParts(sections), options);
  await expect(writing).rejects.toThrow("too late");
  expect(sections.every(({ pulledCount, returnCount }) => pulledCount + returnCount === 0)).toBe(
    true,
  );
});

test("what save throws, and what parts throw, is thrown on, and the other owners are told", async () => {
  const files = new SimulatedFiles();
  const store = openSnapshotStore({ directory, files });
  const saved = watched(1);
  const failingSave = (sink: SnapshotSink): void => {
    saveParts(saved)(sink);
    throw new RangeError("of save");
  };
  await expect(store.writeAlongside(1, failingSave)).rejects.toThrow(RangeError);
  expect(saved.map(({ returnCount }) => returnCount)).toEqual([1, 1, 1]);
  for (let failing = 0; failing < 3; failing++) {
    const sections = watched(1);
    sections[failing] = new WatchedParts([bytesOf(1), bytesOf(2)], (index) => {
      if (index === 1) throw new RangeError("of a part");
    });
    const writing = store.writeAlongside(1, saveParts(sections));
    await expect(writing).rejects.toThrow(RangeError);
    for (const parts of sections) expect(parts.isSettled).toBe(true);
  }
  expect(files.list(directory)).toEqual([]);
  expect(files.openCount).toBe(0);
});

test("one snapshot at a time, and sections only while save runs", async () => {
  const files = new SimulatedFiles();
  const store = openSnapshotStore({ directory, files });
  let kept: SnapshotSink | undefined;
  const first = store.writeAlongside(1, (sink) => {
    kept = sink;
    saveParts(watched(1))(sink);
  });
  expect(() => kept?.write("late", bytesOf(1))).toThrow("while save runs");
  expect(() => store.write(2, saveParts(watched(2)))).toThrow("one at a time");
  await expect(store.writeAlongside(2, saveParts(watched(2)))).rejects.toThrow("one at a time");
  await first;
  expect(newest(files)).toBe(1);
  let isTaken = false;
  const twice = store.writeAlongside(2, (sink) => {
    sink.write("a", bytesOf(1));
    sink.writeParts("a", [bytesOf(2)]);
    isTaken = true;
  });
  await expect(twice).rejects.toThrow("written once");
  expect(isTaken).toBe(false);
  await store.writeAlongside(2, saveParts(watched(2)));
  expect(newest(files)).toBe(2);
});

test("a disk that fails at any operation: told of, owners told, the newest as before, the next one is written", async () => {
  const operationCount = await countOperations(1);
  for (let operation = 1; operation <= operationCount; operation++) {
    for (const failingCount of [1, 2, 3]) {
      const files = new SimulatedFiles(operation);
      const store = openSnapshotStore({ directory, keep: 2, files });
      for (const sequence of [1, 2])
        await store.writeAlongside(sequence, saveParts(watched(sequence)));
      const before = files.operationCount;
      files.failAt(...Array.from({ length: failingCount }, (_, i) => before + operation + i));
      const sections = watched(3);
      const writing = store.writeAlongside(3, saveParts(sections));
      await expect(writing).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
      const isBegun = sections.some((parts) => parts.returnCount > 0 || parts.isAtEnd);
      if (isBegun) for (const parts of sections) expect(parts.isSettled).toBe(true);
      expect(files.openCount).toBe(0);
      if (failingCount === 1) expect(temporaries(files)).toEqual([]);
      files.restart("all");
      expect([2, 3]).toContain(newest(files, store));
      await store.writeAlongside(3, saveParts(watched(3)));
      expect(newest(files, store)).toBe(3);
      expect(temporaries(files)).toEqual([]);
    }
  }
});

test("stopped at any operation, the newest is the last that was finished, or the one under way", async () => {
  const operationCount = await countOperations(4);
  for (let operation = 1; operation <= operationCount; operation++) {
    for (const when of ["before", "after"] as const) {
      for (const survival of ["none", "all", "torn"] as const) {
        for (let seed = 1; seed <= (survival === "torn" ? 5 : 1); seed++) {
          const files = new SimulatedFiles(seed);
          files.stopAt(operation, when);
          const finished = await work(files, 4);
          expect(files.stopped).toBe(true);
          files.restart(survival);
          const found = newest(files) ?? 0;
          expect([finished, finished + 1]).toContain(found);
          expect(temporaries(files)).toEqual([]);
        }
      }
    }
  }
});

/** Writes so many snapshots; returns the last that was finished. */
async function work(files: SimulatedFiles, count: number): Promise<number> {
  let finished = 0;
  try {
    const store = openSnapshotStore({ directory, keep: 2, files });
    for (let sequence = 1; sequence <= count; sequence++) {
      await store.writeAlongside(sequence, saveParts(watched(sequence)));
      finished = sequence;
    }
  } catch (error) {
    expect(error).toMatchObject({ code: "LOG_UNAVAILABLE" });
  }
  return finished;
}

async function countOperations(count: number): Promise<number> {
  const files = new SimulatedFiles();
  expect(await work(files, count)).toBe(count);
  return files.operationCount;
}

test("on real files, beside a following thread's work, and the old ones go", async () => {
  const real = mkdtempSync(join(tmpdir(), "foldback-alongside-"));
  onTestFinished(() => rmSync(real, { recursive: true }));
  const store = openSnapshotStore({ directory: real, keep: 1 });
  const part = new Uint8Array(100_000);
  for (const sequence of [1, 2]) {
    let isDone = false;
    const writing = store
      .writeAlongside(sequence, (sink) =>
        sink.writeParts(
          "large",
          Array.from({ length: 50 }, (_, i) => part.slice().fill(i + sequence)),
        ),
      )
      .finally(() => {
        isDone = true;
      });
    let turnCount = 0;
    for (; !isDone; turnCount++) await nextTurn();
    expect(turnCount).toBeGreaterThan(5);
    const { path, sizeBytes, longestTurnMs } = await writing;
    expect(readdirSync(real)).toEqual([path.slice(real.length + 1)]);
    expect(readFileSync(path)).toHaveLength(sizeBytes);
    expect(longestTurnMs).toBeGreaterThan(0);
  }
  const { snapshot } = store.latest();
  expect(snapshot?.sequence).toBe(2);
  expect([...(snapshot?.readParts("large", 100_000) ?? [])]).toHaveLength(50);
  expect(snapshot?.read("large")[4_999_999]).toBe(51);
  snapshot?.close();
});

test("it gets its name once what it relies on elsewhere is there, and not if that fails", async () => {
  const files = new SimulatedFiles();
  const store = openSnapshotStore({ directory, files });
  let open = (): void => {};
  const before = new Promise<void>((resolve) => {
    open = resolve;
  });
  const writing = store.writeAlongside(1, saveParts(watched(1)), { before });
  for (let turn = 0; turn < 50; turn++) await nextTurn();
  expect(newest(files, store)).toBeUndefined();
  open();
  await writing;
  expect(newest(files, store)).toBe(1);

  const failed = store.writeAlongside(2, saveParts(watched(2)), {
    before: Promise.reject(new Error("not there")),
  });
  await expect(failed).rejects.toThrow("not there");
  expect(newest(files, store)).toBe(1);
  expect(temporaries(files)).toEqual([]);
});
