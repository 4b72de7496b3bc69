import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Random } from "../core/index.ts";
import { type KeyValues, openKeyValues } from "../storage/index.ts";
import { MemoryKeyValues } from "../testing/memoryKeyValues.ts";
import { LateSnapshot, MemorySnapshot } from "../testing/memorySnapshot.ts";
import {
  type Joined,
  Joiner,
  type JoinerOptions,
  type PackedBytes,
  probabilityOf,
} from "./joiner.ts";

const options: JoinerOptions = {
  windowMs: 1000,
  lateMs: 3000,
  negativeWeight: 0.25,
  negatives: "afterWindow",
  inMemoryMax: 1000,
  waitingMax: 1000,
  outcomesMax: 1000,
};

/** What a record of the log does, as the joiner sees it. */
interface Step {
  readonly offset: number;
  readonly logTime: number;
  readonly kind: "shown" | "acted" | "other";
  readonly key: number;
  readonly weight: number;
}

/** An example, and the record with which it came. */
interface Came extends Omit<Joined, "features"> {
  readonly offset: number;
  /** Which showing it has the features of. */
  readonly shownAt: number;
}

const featuresOf = (offset: number): PackedBytes =>
  Buffer.from(Float64Array.of(offset).buffer).toString("latin1");
const offsetIn = (features: PackedBytes): number => Buffer.from(features, "latin1").readDoubleLE();

function take(joiner: Joiner, step: Step): Came[] {
  const { offset, key, weight } = step;
  const [request, item] = [`request ${key % 7}`, `item ${key}`];
  const joined = joiner.advance(step);
  let own: Joined | undefined;
  if (step.kind === "shown") own = joiner.shown(request, item, () => featuresOf(offset), step);
  if (step.kind === "acted") own = joiner.acted(request, item, { weight, share: 1 }, step);
  return [...joined, ...(own === undefined ? [] : [own])].map(({ features, ...rest }) => ({
    ...rest,
    offset,
    shownAt: offsetIn(features),
  }));
}

/**
 * The same from the whole log at once: for each key, by looking at all that ever happened to it. No queue,
 * no limit, nothing kept.
 */
function recompute(
  steps: readonly Step[],
  { windowMs, lateMs, negativeWeight }: JoinerOptions,
): Came[] {
  const came: (Came & { place: number })[] = [];
  const keys = new Set(steps.map(({ key }) => key));
  for (const key of keys) {
    const own = steps.filter((step) => step.kind !== "other" && step.key === key);
    for (let from = 0; from < own.length; ) {
      const first = own[from];
      const life = own
        .slice(from)
        .filter(({ logTime }) => logTime < first.logTime + windowMs + lateMs);
      from += life.length;
      if (first.kind === "acted") continue;
      const end = first.logTime + windowMs;
      const acts = life.filter(({ kind }) => kind === "acted");
      const inTime = acts.find(({ logTime }) => logTime < end);
      const closing = steps.find(({ logTime, offset }) => logTime >= end && offset > first.offset);
      const shownAt = first.offset;
      // Ends of windows come before the record's own, in the order of the showings.
      let taught = 0;
      if (inTime === undefined && closing !== undefined) {
        taught = negativeWeight;
        const place = -1 / (1 + shownAt);
        came.push({
          offset: closing.offset,
          shownAt,
          label: 0,
          weight: taught,
          takeBack: 0,
          place,
        });
      } else if (inTime !== undefined && inTime.weight < 0) {
        taught = -inTime.weight;
        came.push({
          offset: inTime.offset,
          shownAt,
          label: 0,
          weight: taught,
          takeBack: 0,
          place: 1,
        });
      }
      const positive = acts.find(({ weight }) => weight > 0);
      if (positive !== undefined) {
        const { offset, weight } = positive;
        came.push({ offset, shownAt, label: 1, weight, takeBack: taught, place: 1 });
      }
    }
  }
  came.sort((a, b) => a.offset - b.offset || a.place - b.place);
  return came.map((one): Came => {
    const { offset, shownAt, label, weight, takeBack } = one;
    return { offset, shownAt, label, weight, takeBack };
  });
}

/** As often as they should come. */
const kinds = [
  ...(["shown", "shown", "shown", "shown"] as const),
  ...(["acted", "acted", "acted", "acted", "acted", "other"] as const),
];

/** Repeats, actions before, in and after the window, and after everything; days of silence. */
function randomSteps(seed: number, count: number, keyCount: number): Step[] {
  const random = new Random(seed);
  let logTime = 10_000;
  let offset = 0;
  return Array.from({ length: count }, () => {
    logTime += random.below(30) === 0 ? random.below(5000) : random.below(60);
    offset += 1 + random.below(3);
    const roll = random.below(10);
    const kind = kinds[roll];
    const weight = [1, 0.5, -0.5, -0.25][random.below(4)];
    return { offset, logTime, kind, key: random.below(keyCount), weight };
  });
}

const step = (offset: number, logTime: number, kind: Step["kind"], key = 0, weight = 1): Step => ({
  offset,
  logTime,
  kind,
  key,
  weight,
});

function run(steps: readonly Step[], joiner = new Joiner(options)): Came[] {
  return steps.flatMap((one) => take(joiner, one));
}

describe("an impression", () => {
  it.each([
    [
      "an action in its window",
      [step(1, 0, "shown"), step(2, 999, "acted")],
      [{ offset: 2, label: 1 }],
    ],
    [
      "an action just at its end: late",
      [step(1, 0, "shown"), step(2, 1000, "acted")],
      [
        { offset: 2, label: 0, weight: 0.25 },
        { offset: 2, label: 1, takeBack: 0.25 },
      ],
    ],
    [
      "no action: a negative by the first record after its end",
      [step(1, 0, "shown"), step(2, 999, "other"), step(3, 5000, "other")],
      [{ offset: 3, label: 0, weight: 0.25 }],
    ],
    [
      "a skip, then a play: the skip is taken back",
      [step(1, 0, "shown"), step(2, 10, "acted", 0, -0.5), step(3, 20, "acted")],
      [
        { offset: 2, label: 0, weight: 0.5 },
        { offset: 3, label: 1, takeBack: 0.5 },
      ],
    ],
    [
      "two actions: the first",
      [step(1, 0, "shown"), step(2, 10, "acted", 0, 0.5), step(3, 20, "acted", 0, 1)],
      [{ offset: 2, label: 1, weight: 0.5 }],
    ],
    [
      "a play, then a skip: the play",
      [
        step(1, 0, "shown"),
        step(2, 10, "acted"),
        step(3, 20, "acted", 0, -1),
        step(4, 2000, "other"),
      ],
      [{ offset: 2, label: 1 }],
    ],
    [
      "an action before it: nothing",
      [step(1, 0, "acted"), step(2, 10, "shown"), step(3, 20, "acted"), step(4, 3000, "other")],
      [],
    ],
    [
      "a second showing: the first counts",
      [step(1, 0, "shown"), step(2, 900, "shown"), step(3, 1000, "other"), step(4, 1900, "other")],
      [{ offset: 3, label: 0, shownAt: 1 }],
    ],
    [
      "an action when it is forgotten: nothing, and a new life",
      [step(1, 0, "shown"), step(2, 4000, "acted"), step(3, 8000, "shown"), step(4, 8001, "acted")],
      [
        { offset: 2, label: 0 },
        { offset: 4, label: 1, shownAt: 3 },
      ],
    ],
  ] as const)("and %s", (_, steps, expected) => {
    expect(run(steps)).toEqual(expected.map((one) => expect.objectContaining(one)));
    expect(recompute(steps, options)).toEqual(run(steps));
  });

  it("of one request is not that of another, whatever their names", () => {
    const joiner = new Joiner(options);
    const now = { logTime: 0 };
    joiner.shown("a b", "c", () => featuresOf(1), now);
    const like = { weight: 1, share: 1 };
    expect(joiner.acted("a", "b c", like, { logTime: 1 })).toBeUndefined();
    expect(joiner.acted("a b", "c", like, { logTime: 1 })).toMatchObject({ label: 1 });
  });

  it("that was watched in part has that share as its label", () => {
    const joiner = new Joiner(options);
    joiner.shown("r", "x", () => featuresOf(1), { logTime: 0 });
    const joined = joiner.acted("r", "x", { weight: 2, share: 0.25 }, { logTime: 1 });
    expect(joined).toMatchObject({ label: 0.25, weight: 2, takeBack: 0 });
  });

  it("that is shown again is not asked for its features again", () => {
    const joiner = new Joiner(options);
    let asked = 0;
    const ask = (): PackedBytes => featuresOf(asked++);
    joiner.shown("r", "x", ask, { logTime: 0 });
    joiner.shown("r", "x", ask, { logTime: 1 });
    expect(asked).toBe(1);
    expect(joiner.stats()).toMatchObject({ shownCount: 1, repeatedCount: 1 });
  });
});

describe("the joiner", () => {
  it("gives what a recomputation from the whole log gives, wherever impressions are kept", () => {
    for (let seed = 0; seed < 40; seed++) {
      const steps = randomSteps(seed, 400, 4 + seed * 3);
      const expected = recompute(steps, options);
      expect(expected.length).toBeGreaterThan(20);
      expect(run(steps), `seed ${seed}, in memory`).toEqual(expected);
      for (const inMemoryMax of [0, 1, 7]) {
        const store = new MemoryKeyValues();
        const joiner = new Joiner({ ...options, inMemoryMax }, store);
        expect(run(steps, joiner), `seed ${seed}, ${inMemoryMax} in memory`).toEqual(expected);
        if (inMemoryMax < 2) expect(store.values.size).toBeGreaterThan(0);
        expect(joiner.stats().inMemoryCount).toBeLessThanOrEqual(inMemoryMax);
      }
    }
  });

  it("goes on after a restart as if it had never stopped, though its store is ahead of its snapshot", () => {
    for (let seed = 0; seed < 20; seed++) {
      const steps = randomSteps(seed, 300, 30);
      const few = { ...options, inMemoryMax: 5, outcomesMax: 100 };
      const whole = new Joiner(few, new MemoryKeyValues());
      const expected = run(steps, whole);
      for (const cut of [0, 1, 50, 151, 299, 300]) {
        const store = new MemoryKeyValues();
        const first = new Joiner(few, store);
        const before = run(steps.slice(0, cut), first);
        const snapshot = new MemorySnapshot();
        first.save(snapshot);
        run(steps.slice(cut), first); // it dies at the end
        const second = new Joiner(few, store);
        second.restore(snapshot);
        const after = run(steps.slice(cut), second);
        expect([...before, ...after], `seed ${seed}, cut at ${cut}`).toEqual(expected);
        const [one, other] = [new MemorySnapshot(), new MemorySnapshot()];
        whole.save(one);
        second.save(other);
        expect(other.sections).toEqual(one.sections);
      }
    }
  });

  it("saves what it was at the moment, whatever comes before that is written", () => {
    const sizes = [
      { inMemoryMax: 1000, outcomesMax: 1000, waitingMax: 1000 },
      { inMemoryMax: 30, outcomesMax: 1000, waitingMax: 12 },
      { inMemoryMax: 5, outcomesMax: 6, waitingMax: 20 },
      { inMemoryMax: 0, outcomesMax: 30, waitingMax: 8 },
    ];
    for (let seed = 0; seed < 10; seed++) {
      for (const size of sizes) {
        const steps = randomSteps(seed, 300, 40);
        const joiner = new Joiner({ ...options, ...size }, new MemoryKeyValues());
        for (let from = 0; from < steps.length; from += 30) {
          const [still, late] = [new MemorySnapshot(), new LateSnapshot()];
          joiner.save(still);
          joiner.save(late);
          run(steps.slice(from, from + 30), joiner);
          const restored = new Joiner({ ...options, ...size }, new MemoryKeyValues());
          restored.restore(late.pull());
          const again = new MemorySnapshot();
          restored.save(again);
          for (const [section, bytes] of still.sections) {
            const isSame = Buffer.from(again.read(section)).equals(bytes);
            expect(isSame, `seed ${seed}, at ${from}, ${section}`).toBe(true);
          }
        }
      }
    }
  });

  it("does so on disk, and forgets there what is too old to be asked for", async () => {
    const directory = mkdtempSync(join(tmpdir(), "foldback-joiner-"));
    try {
      const steps = randomSteps(3, 2000, 200);
      const few = { ...options, inMemoryMax: 10 };
      let store: KeyValues = await openKeyValues(join(directory, "impressions"));
      let joiner = new Joiner(few, store);
      const came: Came[] = [];
      for (const [i, one] of steps.entries()) {
        came.push(...take(joiner, one));
        if (i % 300 !== 299) continue;
        const snapshot = new MemorySnapshot();
        joiner.save(snapshot);
        await store.removeBelow(joiner.storeKeyAt(one.logTime));
        await store.close();
        store = await openKeyValues(join(directory, "impressions"));
        joiner = new Joiner(few, store);
        joiner.restore(snapshot);
      }
      await store.close();
      expect(came).toEqual(recompute(steps, options));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it("stays within its limits, and says what it dropped", () => {
    const joiner = new Joiner(
      { ...options, inMemoryMax: 20, waitingMax: 50, outcomesMax: 80 },
      new MemoryKeyValues(),
    );
    for (let i = 0; i < 500; i++) take(joiner, step(i, i, "shown", i));
    expect(joiner.stats()).toMatchObject({
      inMemoryCount: 20,
      waitingCount: 50,
      droppedCount: 450,
    });
    expect(joiner.stats().outcomeCount).toBeLessThanOrEqual(80);
    // One that was dropped has taught nothing: there is nothing to take back.
    expect(take(joiner, step(500, 500, "acted", 440))).toMatchObject([{ label: 1, takeBack: 0 }]);
    // Those that still wait end as they should.
    expect(take(joiner, step(501, 1460, "other")).map(({ shownAt }) => shownAt)).toEqual(
      Array.from({ length: 11 }, (_, i) => 450 + i),
    );
  });

  it("asks the store for whole blocks, each once as windows end, also after a restart", () => {
    const few = { ...options, inMemoryMax: 10 };
    const store = new MemoryKeyValues();
    let joiner = new Joiner(few, store);
    for (let i = 0; i < 2000; i++) take(joiner, step(i, i, "shown", i));
    // A block for each eighth of the 4 s that a key is kept; the last one is open.
    expect(store.values.size).toBe(3);
    expect(store.getCount).toBe(2);
    const snapshot = new MemorySnapshot();
    joiner.save(snapshot);
    joiner = new Joiner(few, store);
    joiner.restore(snapshot);
    for (let i = 2000; i < 2500; i++) take(joiner, step(i, i, "shown", i));
    expect(store.getCount).toBe(3);
    expect(take(joiner, step(2500, 2500, "acted", 100))).toMatchObject([
      { label: 0, shownAt: 1500 },
      { label: 1, takeBack: 0.25, shownAt: 100 },
    ]);
    expect(store.getCount).toBe(5); // and the block of the one window that ended
  });

  it("without a store drops what memory has no room for", () => {
    const joiner = new Joiner({ ...options, inMemoryMax: 3 });
    for (let i = 0; i < 5; i++) take(joiner, step(i, i, "shown", i));
    expect(joiner.stats()).toMatchObject({ inMemoryCount: 3, droppedCount: 2 });
    expect(take(joiner, step(9, 2000, "other")).map(({ shownAt }) => shownAt)).toEqual([2, 3, 4]);
  });

  it("forgets keys: after a long stream it holds no more than what is young", () => {
    const joiner = new Joiner(options);
    for (let i = 0; i < 5000; i++) take(joiner, step(i, i * 100, "shown", i));
    // 4 s of 10 a second.
    expect(joiner.stats()).toMatchObject({ inMemoryCount: 40, waitingCount: 10, outcomeCount: 0 });
  });

  it("counts what came", () => {
    const joiner = new Joiner(options);
    const steps = randomSteps(5, 3000, 300);
    const came = run(steps, joiner);
    const expected = recompute(steps, options);
    const count = (test: (one: Came) => boolean): number => expected.filter(test).length;
    expect(came.length).toBe(expected.length);
    expect(joiner.stats()).toMatchObject({
      positiveCount: count(({ label }) => label === 1),
      latePositiveCount: count(({ takeBack }) => takeBack > 0),
      negativeCount: count(({ label }) => label === 0),
    });
  });
});

describe("fake negatives", () => {
  const atOnce = { ...options, negatives: "atOnce" } as const;

  it("teach at once, and the positive on top, taken back never", () => {
    const steps = [
      step(1, 0, "shown", 1),
      step(2, 5, "shown", 2),
      step(3, 2500, "acted", 1),
      step(4, 2600, "acted", 2, -0.5),
      step(5, 9000, "other"),
    ];
    expect(run(steps, new Joiner(atOnce))).toMatchObject([
      { offset: 1, label: 0, weight: 0.25, takeBack: 0 },
      { offset: 2, label: 0, weight: 0.25, takeBack: 0 },
      { offset: 3, label: 1, weight: 1, takeBack: 0, shownAt: 1 },
    ]);
  });

  it("are the same wherever impressions are kept", () => {
    for (let seed = 0; seed < 10; seed++) {
      const steps = randomSteps(seed, 400, 20);
      const expected = run(steps, new Joiner(atOnce));
      expect(expected.some(({ label }) => label === 1)).toBe(true);
      for (const inMemoryMax of [0, 3]) {
        const joiner = new Joiner({ ...atOnce, inMemoryMax }, new MemoryKeyValues());
        expect(run(steps, joiner), `seed ${seed}, ${inMemoryMax} in memory`).toEqual(expected);
      }
    }
  });

  it("give the probability back: odds of 1 : 1 positives on top are a certainty", () => {
    // Of n shown, p n act: p n positives on n negatives, whose share is p / (1 + p).
    for (const p of [0.01, 0.2, 0.5, 1]) {
      const share = p / (1 + p);
      expect(probabilityOf(Math.log(share / (1 - share)))).toBeCloseTo(p, 12);
    }
    expect(probabilityOf(3)).toBe(1);
  });
});
