/** Snapshots that hold the changes to others: which can be used, which are kept, and what is told of the rest. */
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SimulatedFiles } from "../testing/simulatedFiles.ts";
import type { SnapshotSink } from "./snapshot.ts";
import { openSnapshotStore } from "./snapshotStore.ts";
import type { Snapshot, SnapshotStore } from "./snapshotStoreTypes.ts";

const directory = "snapshots";

function pathOf(sequence: number): string {
  return join(directory, `snapshot-${String(sequence).padStart(16, "0")}`);
}

/** Three sections: one whole, an empty one, one in parts. */
function save(sequence: number, version = "") {
  return (sink: SnapshotSink): void => {
    sink.write("whole", new TextEncoder().encode(`whole ${sequence}${version}`));
    sink.write("empty", new Uint8Array(0));
    sink.writeParts(
      "parts",
      [1, 2, 3].map((k) => new Uint8Array(8 * k).fill(sequence + k)),
    );
  };
}

/** Every link says what its own `save` wrote; returns their sequences, the newest first. */
function chainOf(snapshot: Snapshot | undefined): number[] {
  const sequences: number[] = [];
  for (let link = snapshot; link !== undefined; link = link.base) {
    const { sequence } = link;
    expect(new TextDecoder().decode(link.read("whole"))).toBe(`whole ${sequence}`);
    expect(link.read("empty")).toHaveLength(0);
    expect([...link.readParts("empty", 5)]).toEqual([]);
    const read = Array.from(link.readParts("parts", 20), (part) => [...part]);
    const written = [1, 2, 3].flatMap((k) => new Array<number>(8 * k).fill(sequence + k));
    expect(read).toEqual([written.slice(0, 20), written.slice(20, 40), written.slice(40)]);
    sequences.push(sequence);
  }
  return sequences;
}

/** What of each snapshot is the base, by sequence; undefined: it holds everything. */
type Bases = ReadonlyMap<number, number | undefined>;

function writeAll(store: SnapshotStore, bases: Bases): void {
  for (const [sequence, base] of bases) {
    store.write(sequence, save(sequence), base === undefined ? {} : { base });
  }
}

/** By the definition: a snapshot, its base, the base of that … */
function chainFrom(sequence: number, bases: Bases): number[] {
  const base = bases.get(sequence);
  return [sequence, ...(base === undefined ? [] : chainFrom(base, bases))];
}

test("chains of one to four come back link by link, and closing the newest closes all", () => {
  for (let length = 1; length <= 4; length++) {
    const files = new SimulatedFiles();
    const store = openSnapshotStore({ directory, files });
    const bases = new Map(
      Array.from({ length }, (_, i) => [10 * (i + 1), i === 0 ? undefined : 10 * i]),
    );
    writeAll(store, bases);
    const { snapshot, refused } = openSnapshotStore({ directory, files }).latest();
    expect(refused).toEqual([]);
    expect(chainOf(snapshot)).toEqual(chainFrom(10 * length, bases));
    expect(files.openCount).toBe(length);
    snapshot?.close();
    expect(files.openCount).toBe(0);
  }
});

/** Two chains: 1, and 2 ← 3 ← 4, with 5 on 3 as well. */
const forked: Bases = new Map([
  [1, undefined],
  [2, undefined],
  [3, 2],
  [4, 3],
  [5, 3],
]);

/** What is used is the newest whose chain is without damage; all newer ones name what is damaged. */
function expectAround(files: SimulatedFiles, damaged: number, what: string): void {
  const store = openSnapshotStore({ directory, keep: 5, files });
  const { snapshot, refused } = store.latest();
  const newestFirst = [...forked.keys()].toReversed();
  const used = newestFirst.find((sequence) => !chainFrom(sequence, forked).includes(damaged));
  expect(chainOf(snapshot), what).toEqual(chainFrom(used ?? -1, forked));
  const names = files.list(directory).map((name) => join(directory, name));
  const passedOver = newestFirst.filter(
    (sequence) => sequence > (used ?? -1) && names.includes(pathOf(sequence)),
  );
  expect(
    refused.map(({ path }) => path),
    what,
  ).toEqual(passedOver.map(pathOf));
  for (const { path, reason } of refused) {
    expect(reason, what).toContain(pathOf(damaged));
    expect(reason, what).toContain(path);
  }
  snapshot?.close();
  expect(files.openCount, what).toBe(0);
}

test("a changed byte anywhere in a chain refuses all that need it, by name, and no other", () => {
  const files = new SimulatedFiles();
  writeAll(openSnapshotStore({ directory, keep: 5, files }), forked);
  for (const damaged of forked.keys()) {
    const good = Buffer.from(files.contents(pathOf(damaged)));
    for (let position = 0; position < good.length; position++) {
      const bytes = Buffer.from(good);
      bytes[position] ^= 1 << (position % 8);
      files.put(pathOf(damaged), bytes);
      expectAround(files, damaged, `byte ${position} of ${damaged}`);
    }
    files.put(pathOf(damaged), good);
  }
});

test("cut short anywhere, or gone, it refuses all that need it", () => {
  const files = new SimulatedFiles();
  writeAll(openSnapshotStore({ directory, keep: 5, files }), forked);
  for (const damaged of forked.keys()) {
    const good = Buffer.from(files.contents(pathOf(damaged)));
    for (let size = 0; size < good.length; size++) {
      files.put(pathOf(damaged), good.subarray(0, size));
      expectAround(files, damaged, `${size} bytes of ${damaged}`);
    }
    files.put(pathOf(damaged), good);
  }
  for (const gone of [2, 3]) {
    const good = Buffer.from(files.contents(pathOf(gone)));
    files.removeSync(pathOf(gone));
    expectAround(files, gone, `${gone} is gone`);
    files.put(pathOf(gone), good);
  }
});

test("another snapshot that took a base's number is not taken for it", () => {
  const files = new SimulatedFiles();
  const store = openSnapshotStore({ directory, files });
  writeAll(store, new Map([...forked].slice(0, 4)));
  store.write(2, save(2, " again"));
  const { snapshot, refused } = store.latest();
  expect(snapshot?.sequence).toBe(2);
  expect(new TextDecoder().decode(snapshot?.read("whole"))).toBe("whole 2 again");
  expect(refused.map(({ path }) => path)).toEqual([pathOf(4), pathOf(3)]);
  for (const { reason } of refused) expect(reason).toContain(`${pathOf(2)} is not the snapshot`);
  snapshot?.close();
  // The very same bytes again are the same base.
  store.write(2, save(2));
  expect(chainOf(store.latest().snapshot)).toEqual([4, 3, 2]);
});

test("the caller's own reason is asked of the whole chain, and closes it", () => {
  const files = new SimulatedFiles();
  const store = openSnapshotStore({ directory, keep: 5, files });
  writeAll(store, forked);
  const { snapshot, refused } = store.latest((found) =>
    chainOf(found).includes(3) ? "three" : undefined,
  );
  expect(snapshot?.sequence).toBe(2);
  expect(refused).toEqual([5, 4, 3].map((of) => ({ path: pathOf(of), reason: "three" })));
  expect(files.openCount).toBe(1);
  snapshot?.close();

  // Asked for a section that is not there: a reason. Anything else it throws is its own affair.
  const unfit = store.latest((found) => {
    found.read("other");
    return undefined;
  });
  expect(unfit.refused).toHaveLength(5);
  const failing = (): never => {
    throw new RangeError("of the caller");
  };
  expect(() => store.latest(failing)).toThrow(RangeError);
  expect(files.openCount).toBe(0);
});

test("what can't be a base is refused before anything is saved", async () => {
  const files = new SimulatedFiles();
  const store = openSnapshotStore({ directory, keep: 5, files });
  writeAll(store, forked);
  files.removeSync(pathOf(2));
  const damaged = Buffer.from(files.contents(pathOf(1)));
  damaged[9] ^= 1;
  files.put(pathOf(1), damaged);
  const before = files.list(directory).sort();
  const neverSaved = (): never => expect.unreachable("save is not called");
  for (const [base, culprit] of [
    [1, 1], // damaged
    [2, 2], // gone
    [4, 2], // there, but what it needs is gone
    [6, 6], // was never there
  ]) {
    const refusal = {
      code: "DATA_CORRUPT",
      message: expect.stringContaining(pathOf(culprit)) as string,
      details: { path: pathOf(9), base: pathOf(culprit) },
    };
    expect(() => store.write(9, neverSaved, { base })).toThrow(expect.objectContaining(refusal));
    await expect(store.writeAlongside(9, neverSaved, { base })).rejects.toMatchObject(refusal);
  }
  for (const base of [9, 10]) {
    expect(() => store.write(9, neverSaved, { base })).toThrow("older");
  }
  expect(files.list(directory).sort()).toEqual(before);
  expect(files.openCount).toBe(0);
});

test("a chain has at most 64 snapshots", () => {
  const files = new SimulatedFiles();
  const store = openSnapshotStore({ directory, keep: 1, files });
  store.write(0, save(0));
  for (let sequence = 1; sequence < 64; sequence++) {
    store.write(sequence, save(sequence), { base: sequence - 1 });
  }
  expect(() => store.write(64, save(64), { base: 63 })).toThrow("64 snapshots");
  expect(chainOf(store.latest().snapshot)).toHaveLength(64);
  store.write(64, save(64), { base: 62 });
});

test("the newest stay, with every base they need, and nothing else", async () => {
  const step = fc.record({
    /** 0: it holds everything; else the how manieth of those that are there is its base. */
    base: fc.nat({ max: 4 }),
    isAlongside: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, keep) => {
        const files = new SimulatedFiles();
        const store = openSnapshotStore({ directory, keep, files });
        const bases = new Map<number, number | undefined>();
        for (const [i, { base: nth, isAlongside }] of steps.entries()) {
          const sequence = i + 1;
          const there = [...bases.keys()].toReversed();
          const base = nth === 0 ? undefined : there[nth - 1];
          const options = base === undefined ? {} : { base };
          if (isAlongside) await store.writeAlongside(sequence, save(sequence), options);
          else store.write(sequence, save(sequence), options);
          bases.set(sequence, base);
          const newest = [...bases.keys()].toReversed().slice(0, keep);
          const needed = new Set(newest.flatMap((of) => chainFrom(of, bases)));
          for (const of of bases.keys()) if (!needed.has(of)) bases.delete(of);
          expect(
            files
              .list(directory)
              .map((name) => join(directory, name))
              .sort(),
          ).toEqual([...needed].map(pathOf).sort());
          const { snapshot, refused } = store.latest();
          expect(refused).toEqual([]);
          expect(chainOf(snapshot)).toEqual(chainFrom(sequence, bases));
          snapshot?.close();
        }
        expect(files.openCount).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
});

const rounds: Bases = new Map([
  [1, undefined],
  [2, 1],
  [3, 2],
  [4, undefined],
  [5, 4],
]);

test("stopped or failing at any operation, the newest chain is whole, and no base is gone that is needed", async () => {
  for (const isAlongside of [false, true]) {
    const whole = new SimulatedFiles();
    expect(await work(whole, isAlongside)).toBe(5);
    for (let operation = 1; operation <= whole.operationCount; operation++) {
      for (const survival of ["none", "all", "torn"] as const) {
        for (const how of ["before", "after", "fail"] as const) {
          for (let seed = 1; seed <= (survival === "torn" ? 4 : 1); seed++) {
            const files = new SimulatedFiles(seed);
            if (how === "fail") files.failAt(operation);
            else files.stopAt(operation, how);
            const finished = await work(files, isAlongside);
            files.restart(survival);
            const { snapshot, refused } = openSnapshotStore({ directory, keep: 1, files }).latest();
            expect(refused).toEqual([]);
            const found = snapshot?.sequence ?? 0;
            expect([finished, finished + 1]).toContain(found);
            if (found > 0) expect(chainOf(snapshot)).toEqual(chainFrom(found, rounds));
            // Also where it was stopped while it removed what is not needed any more.
            const names = files.list(directory).map((name) => join(directory, name));
            for (const [sequence, base] of rounds) {
              const isThere = names.includes(pathOf(sequence));
              if (isThere && base !== undefined) expect(names).toContain(pathOf(base));
            }
          }
        }
      }
    }
  }
});

/** Writes `rounds` until something fails; returns the last that was finished. */
async function work(files: SimulatedFiles, isAlongside: boolean): Promise<number> {
  let finished = 0;
  try {
    const store = openSnapshotStore({ directory, keep: 1, files });
    for (const [sequence, base] of rounds) {
      const options = base === undefined ? {} : { base };
      if (isAlongside) await store.writeAlongside(sequence, save(sequence), options);
      else store.write(sequence, save(sequence), options);
      finished = sequence;
    }
  } catch (error) {
    expect(error).toMatchObject({ code: "LOG_UNAVAILABLE" });
  }
  return finished;
}
