/** The laws of `View`, as one suite that every view passes. */
import { describe, expect, test, vi } from "vitest";
import type { LogRecord, View } from "../event/index.ts";
import { LateSnapshot, MemorySnapshot } from "./memorySnapshot.ts";

export interface ViewSubject {
  /** A new, empty view; each is independent of the others. */
  makeView(): View | Promise<View>;
  /** Records of one log, in its order, that reach everything the view does; a few hundred are plenty. */
  readonly records: readonly LogRecord[];
  /** At how many places, evenly spread, the view is saved and restored. Default 24. */
  readonly cutCount?: number;
}

export interface ViewLaw {
  readonly name: string;
  /** Throws where the view breaks the law. */
  check(subject: ViewSubject): Promise<void>;
}

/** @param name of the view. */
export function viewConformance(name: string, subject: ViewSubject): void {
  describe(`the view contract: ${name}`, () => {
    for (const law of viewLaws) test(law.name, () => law.check(subject));
  });
}

export const viewLaws: readonly ViewLaw[] = [
  {
    name: "the same records give the same bytes",
    async check(subject) {
      const records = subject.records;
      expectSame(save(await replay(subject, records)), save(await replay(subject, records)));
    },
  },
  {
    name: "the records change what is saved",
    async check(subject) {
      const [empty, full] = [save(await subject.makeView()), await reference(subject)];
      expect(sameBytes(empty, full), "the records have no effect on this view").toBe(false);
    },
  },
  {
    name: "offsets say what was read: one more than the newest record of each partition",
    async check(subject) {
      const view = await subject.makeView();
      const expected = view.offsets.map(() => 0);
      expect(view.offsets).toEqual(expected);
      for (const record of subject.records) {
        view.apply(record);
        expected[record.partition] = record.offset + 1;
        expect(view.offsets[record.partition]).toBe(record.offset + 1);
      }
      expect(view.offsets).toEqual(expected);
    },
  },
  {
    name: "saved and restored at any cut, it goes on as if it had never stopped",
    async check(subject) {
      const whole = await reference(subject);
      for (const cut of cuts(subject)) {
        const snapshot = save(await replay(subject, subject.records.slice(0, cut)));
        const restored = await subject.makeView();
        restored.restore(snapshot);
        expectSame(save(restored), snapshot, `restored after ${cut} records`);
        applyAll(restored, subject.records.slice(cut));
        expectSame(save(restored), whole, `restored after ${cut} records, then the rest`);
      }
    },
  },
  {
    name: "saving changes nothing, however often",
    async check(subject) {
      const whole = await reference(subject);
      const view = await subject.makeView();
      const places = new Set(cuts(subject));
      subject.records.forEach((record, i) => {
        if (places.has(i)) expectSame(save(view), save(view), `saved twice after ${i} records`);
        view.apply(record);
      });
      expectSame(save(view), whole);
    },
  },
  {
    name: "what was saved is of that moment, also when it is taken after more records",
    async check(subject) {
      for (const cut of cuts(subject)) {
        const expected = save(await replay(subject, subject.records.slice(0, cut)));
        const view = await replay(subject, subject.records.slice(0, cut));
        const saved = new LateSnapshot();
        view.save(saved);
        applyAll(view, subject.records.slice(cut));
        // Parts may come in another order when the view went on meanwhile: what they restore is the same.
        const restored = await subject.makeView();
        restored.restore(saved.pull());
        expectSame(save(restored), expected, `saved after ${cut} records, taken after all`);
      }
    },
  },
  {
    name: "a record applied twice has no second effect",
    async check(subject) {
      const whole = await reference(subject);
      const view = await subject.makeView();
      for (const record of subject.records) {
        view.apply(record);
        view.apply(record);
      }
      expectSame(save(view), whole, "each record twice");
      applyAll(view, subject.records);
      expectSame(save(view), whole, "all records once more");
    },
  },
  {
    name: "after a restore, records from before the snapshot have no effect",
    async check(subject) {
      const whole = await reference(subject);
      for (const cut of cuts(subject)) {
        const restored = await subject.makeView();
        restored.restore(save(await replay(subject, subject.records.slice(0, cut))));
        applyAll(restored, subject.records);
        expectSame(save(restored), whole, `restored after ${cut} records, then all`);
      }
    },
  },
  {
    name: "restoring into a used view equals restoring into a fresh one",
    async check(subject) {
      const whole = await reference(subject);
      const half = subject.records.slice(0, subject.records.length >> 1);
      const snapshot = save(await replay(subject, half));
      const used = await replay(subject, subject.records);
      used.restore(snapshot);
      expect(used.offsets).toEqual((await replay(subject, half)).offsets);
      expectSame(save(used), snapshot, "restored into a used view");
      applyAll(used, subject.records.slice(half.length));
      expectSame(save(used), whole, "restored into a used view, then the rest");
      used.restore(save(await subject.makeView()));
      expectSame(save(used), save(await subject.makeView()), "restored to empty");
    },
  },
  {
    name: "a snapshot is not changed by the views that were restored from it",
    async check(subject) {
      const half = subject.records.length >> 1;
      const snapshot = save(await replay(subject, subject.records.slice(0, half)));
      const copy = new MemorySnapshot();
      for (const [section, bytes] of snapshot.sections) copy.write(section, bytes.slice());
      const restored = await subject.makeView();
      restored.restore(snapshot);
      applyAll(restored, subject.records.slice(half));
      expectSame(snapshot, copy);
    },
  },
  {
    name: "applying and saving read no clock and no global randomness",
    async check(subject) {
      const view = await subject.makeView();
      const spies = [
        vi.spyOn(Date, "now").mockImplementation(forbid("Date.now")),
        vi.spyOn(performance, "now").mockImplementation(forbid("performance.now")),
        vi.spyOn(Math, "random").mockImplementation(forbid("Math.random")),
      ];
      try {
        applyAll(view, subject.records);
        save(view);
      } finally {
        for (const spy of spies) spy.mockRestore();
      }
    },
  },
];

function forbid(what: string): () => never {
  return () => {
    throw new Error(`${what} was read`);
  };
}

async function reference(subject: ViewSubject): Promise<MemorySnapshot> {
  return save(await replay(subject, subject.records));
}

async function replay(subject: ViewSubject, records: readonly LogRecord[]): Promise<View> {
  const view = await subject.makeView();
  applyAll(view, records);
  return view;
}

function applyAll(view: View, records: readonly LogRecord[]): void {
  for (const record of records) view.apply(record);
}

function save(view: View): MemorySnapshot {
  const snapshot = new MemorySnapshot();
  view.save(snapshot);
  return snapshot;
}

/** Evenly spread, with the beginning, the first record and the end. */
function cuts(subject: ViewSubject): number[] {
  const { records, cutCount = 24 } = subject;
  const places = Array.from({ length: cutCount + 1 }, (_, i) =>
    Math.round((records.length * i) / cutCount),
  );
  return [...new Set([0, 1, ...places])].filter((cut) => cut <= records.length);
}

function expectSame(actual: MemorySnapshot, expected: MemorySnapshot, where = ""): void {
  expect([...actual.sections.keys()].sort(), where).toEqual([...expected.sections.keys()].sort());
  for (const [section, bytes] of actual.sections) {
    const wanted = expected.read(section);
    const differs = bytes.findIndex((byte, i) => byte !== wanted[i]);
    const sizes = { differs: -1, sizeBytes: wanted.length };
    expect({ differs, sizeBytes: bytes.length }, `${where}: section ${section}`).toEqual(sizes);
  }
}

function sameBytes(one: MemorySnapshot, other: MemorySnapshot): boolean {
  try {
    expectSame(one, other);
    return true;
  } catch {
    return false; // the assertion is the answer
  }
}
