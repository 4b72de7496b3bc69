import { describe, expect, it } from "vitest";
import { Random } from "../core/index.ts";
import { Arena } from "../embedding/index.ts";
import { twin } from "../kernels/index.ts";
import { MemorySnapshot } from "../testing/memorySnapshot.ts";
import { logLoss } from "./metrics.ts";
import { RankingModel } from "./rankingModel.ts";
import {
  candidatesMax,
  type RankingContext,
  type RankingModelOptions,
  recentMax,
} from "./rankingTypes.ts";

const now = 1_700_000_000;
const signalCount = 4;
const options: RankingModelOptions = {
  dim: 8,
  signalCount,
  learningRate: 0.2,
  l2: 0.001,
  signalLearningRate: 0.2,
  linear: { alpha: 0.1, beta: 1, l1: 0, l2: 0 },
  admitAfter: 1,
  ttlSeconds: 0,
  seed: 1n,
};

function make(part: Partial<RankingModelOptions> = {}) {
  const arena = Arena.create({ sizeBytesMax: 32 * 1_048_576 });
  return { arena, model: RankingModel.create(arena, { ...options, ...part }) };
}

interface Group {
  readonly context: RankingContext;
  readonly items: readonly bigint[];
  readonly signals: readonly number[];
}

const itemCount = 40;

/** An item that was taken, of the account's parity, and three that were not, all different. */
function groups(count: number, seed = 9): Group[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const account = BigInt(1000 + random.below(20));
    const ofParity = (parity: bigint) => BigInt(2 * random.below(itemCount / 2)) + parity;
    const own = account % 2n;
    const recent = Array.from({ length: random.below(recentMax + 1) }, () => ofParity(own));
    const items = [ofParity(own)];
    while (items.length < 4) {
      const other = ofParity(1n - own);
      if (!items.includes(other)) items.push(other);
    }
    const buckets = [1n, BigInt(2 + random.below(3))];
    const signals = items.flatMap(() => [1, random.uniform(), random.uniform(), 0]);
    return { context: { account, recent, buckets }, items, signals };
  });
}

function put(model: RankingModel, { items, signals }: Group): void {
  model.items.set(items);
  model.signals.set(signals);
  model.targets.set(items.flatMap((_, i) => [i === 0 ? 1 : 0, 1, i === 0 ? 0 : 0.3]));
}

function learn(model: RankingModel, group: Group, seconds = now): Float32Array {
  model.observe(group.context.account, group.items[0], seconds);
  put(model, group);
  return model.learn(group.context, group.items.length, seconds).slice();
}

function score(model: RankingModel, group: Group): Float32Array {
  put(model, group);
  return model.score(group.context, group.items.length).slice();
}

function save(model: RankingModel): MemorySnapshot {
  const snapshot = new MemorySnapshot();
  model.save(snapshot);
  return snapshot;
}

function expectSameBytes(a: RankingModel, b: RankingModel): void {
  const [ours, theirs] = [save(a), save(b)];
  expect([...ours.sections.keys()]).toEqual([...theirs.sections.keys()]);
  for (const [name, bytes] of ours.sections)
    expect(Buffer.compare(bytes, theirs.read(name)), name).toBe(0);
}

describe("the ranking model", () => {
  it("has the logit of its formula: the recent count by 1 / √n, and each table has vectors of its own", () => {
    const { model } = make();
    const recent = [11n, 12n, 13n, 14n];
    for (const item of [7n, ...recent]) model.observe(5n, item, now);
    // Where a vector starts is known: nothing was learned yet, so weights and worths are 0.
    const vectorOf = (id: bigint, table: bigint) =>
      twin.initialVector(id, {
        dim: 8,
        seed: options.seed ^ table,
        kind: "uniform",
        scale: 0.02,
      });
    const query = vectorOf(5n, 1n).map((v, d) => {
      return v + recent.reduce((sum, id) => sum + vectorOf(id, 2n)[d], 0) / Math.sqrt(4);
    });
    const expected = vectorOf(7n, 3n).reduce((sum, v, d) => sum + v * query[d], 0);
    const group = { context: { account: 5n, recent, buckets: [] }, items: [7n], signals: [] };
    expect(score(model, group)[0]).toBeCloseTo(expected, 8);
    expect(Math.abs(expected)).toBeGreaterThan(1e-5);
  });

  for (const dim of [8, 0]) {
    it(`gives the scores from before its step, and learns: dim ${dim}`, () => {
      const { model } = make({ dim });
      const losses: number[] = [];
      for (const group of groups(1500)) {
        model.observe(group.context.account, group.items[0], now);
        const before = score(model, group);
        expect(learn(model, group)).toEqual(before);
        const loss = before.reduce((sum, logit, i) => {
          return sum + logLoss(1 / (1 + Math.exp(-logit)), i === 0 ? 1 : 0);
        }, 0);
        losses.push(loss / before.length);
      }
      const mean = (from: number, to: number) =>
        losses.slice(from, to).reduce((sum, loss) => sum + loss, 0) / (to - from);
      expect(mean(0, 100)).toBeGreaterThan(0.4);
      // Taste is a product of two sides: weights and signals alone see a quarter, and no more.
      if (dim > 0) expect(mean(1400, 1500)).toBeLessThan(0.1);
      else expect(mean(1400, 1500)).toBeGreaterThan(0.4);
    });
  }

  it("with dim 0 learns popularity, and what signals are worth", () => {
    const { model } = make({ dim: 0 });
    const context = { account: 1n, recent: [], buckets: [1n] };
    const group = { context, items: [1n, 2n, 3n, 4n], signals: [] };
    for (let i = 0; i < 300; i++) {
      // The first is always taken; otherwise the second signal decides between the last two.
      const signals = [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0];
      for (const item of group.items) model.observe(1n, item, now);
      put(model, { ...group, signals });
      model.targets[3 * 3] = 1;
      model.learn(context, 4, now);
    }
    const [first, second, third] = score(model, {
      ...group,
      signals: [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0],
    });
    expect(first).toBeGreaterThan(second + 2); // by its weight
    expect(third).toBeGreaterThan(second + 1); // by its signal
    expect([...model.retrieve(context, 1)]).toEqual([1n]);
  });

  it("attached in another object reads what the first has learned, and gives back what it took", () => {
    const { arena, model } = make();
    const shared = structuredClone(model.share());
    const reader = RankingModel.attach(Arena.attach(arena.share()), shared);
    for (const group of groups(50)) {
      learn(model, group);
      expect(score(reader, group)).toEqual(score(model, group));
      expect(reader.retrieve(group.context, 5)).toEqual(model.retrieve(group.context, 5));
    }
    expect(reader.stats()).toEqual(model.stats());
    expect(reader.options).toEqual(options);
    const before = arena.stats().usedBytes;
    RankingModel.attach(arena, shared).release();
    expect(arena.stats().usedBytes).toBe(before);
  });

  it("retrieves what scoring every item without signals would put first", () => {
    const { model } = make();
    for (const group of groups(500)) learn(model, group);
    const all = Array.from({ length: itemCount }, (_, i) => BigInt(i));
    for (const { context } of groups(20, 77)) {
      const logits = score(model, {
        context,
        items: all,
        signals: new Array<number>(itemCount * signalCount).fill(0),
      });
      const expected = all
        .map((id, i) => ({ id, logit: logits[i] }))
        .sort((a, b) => b.logit - a.logit);
      // Scores are rounded in another order: compare them, not the places of near ties.
      const logitOf = new Map(expected.map(({ id, logit }) => [id, logit]));
      const found = model.retrieve(context, 10);
      expect(new Set(found).size).toBe(10);
      for (const [place, id] of found.entries())
        expect(logitOf.get(id)).toBeCloseTo(expected[place].logit, 5);
    }
    expect(model.retrieve({ account: 1n, recent: [], buckets: [] }, 1000)).toHaveLength(
      model.stats().item.idCount,
    );
  });

  it("gives ids rows on the admitAfter-th sighting: before, they take no part and are not retrieved", () => {
    const { model } = make({ admitAfter: 3, learningRate: 1 });
    const context = { account: 5n, recent: [8n], buckets: [1n] };
    const group: Group = { context, items: [7n], signals: [0, 0, 0, 0] };
    for (let sighting = 1; sighting <= 2; sighting++) {
      expect(learn(model, group)[0]).toBe(0);
      expect(score(model, group)[0]).toBe(0);
      expect([...model.retrieve(context, 10)]).toEqual([]);
      expect(model.stats().item).toMatchObject({ idCount: 0, pendingCount: 1 });
    }
    learn(model, group);
    expect(score(model, group)[0]).toBeGreaterThan(0);
    expect([...model.retrieve(context, 10)]).toEqual([7n]);
    expect(model.stats().account).toMatchObject({ idCount: 1, pendingCount: 0 });
  });

  it("gives up ids past their time to live: they take no part and are not retrieved", () => {
    const { model } = make({ ttlSeconds: 100 });
    const context = { account: 5n, recent: [], buckets: [1n] };
    const [old, fresh] = [7n, 8n].map(
      (item): Group => ({ context, items: [item], signals: [0, 0, 0, 0] }),
    );
    learn(model, old, now);
    learn(model, fresh, now + 60);
    expect(model.expire(now + 99, 1_000_000)).toBe(0);
    // Item and recent of the old one; the account was seen again.
    expect(model.expire(now + 100, 1_000_000)).toBe(2);
    expect(score(model, old)[0]).toBe(0);
    expect(score(model, fresh)[0]).toBeGreaterThan(0);
    expect([...model.retrieve(context, 10)]).toEqual([8n]);
    // Its row is used again, and starts as if new.
    learn(model, { ...old, items: [9n] }, now + 101);
    expect(model.stats().item).toMatchObject({ idCount: 2, freeRowCount: 0 });
    expect(model.stats().bucket.idCount).toBe(1);
  });

  it("saved and restored, it goes on to the bit as if it had never stopped", () => {
    const all = groups(300);
    const part = { admitAfter: 2, ttlSeconds: 40 };
    const apply = (model: RankingModel, from: number, to: number) => {
      for (let i = from; i < to; i++) {
        learn(model, all[i], now + i);
        if (i % 10 === 0) model.expire(now + i, 40);
      }
    };
    const whole = make(part).model;
    apply(whole, 0, all.length);
    expect(whole.stats().item.expiredTotal + whole.stats().account.expiredTotal).toBeGreaterThan(0);
    for (const cut of [0, 1, 149, 300]) {
      const first = make(part).model;
      apply(first, 0, cut);
      const second = make(part).model;
      apply(second, 250, 270); // must leave no trace
      second.restore(save(first));
      expectSameBytes(second, first);
      apply(second, cut, all.length);
      expectSameBytes(second, whole);
    }
  });

  it("refuses a snapshot of another shape, and options out of range", () => {
    const snapshot = save(make().model);
    for (const part of [{ dim: 4 }, { signalCount: 8 }, { seed: 2n }]) {
      expect(() => make(part).model.restore(snapshot)).toThrow(withCode("CONFIG_INVALID"));
    }
    const refused: [string, Partial<RankingModelOptions>][] = [
      ["dim", { dim: 5 }],
      ["signalCount", { signalCount: 132 }],
      ["learningRate", { learningRate: Number.NaN }],
      ["l2", { l2: -1 }],
      ["signalLearningRate", { signalLearningRate: -1 }],
      ["linear.alpha", { linear: { ...options.linear, alpha: 0 } }],
      ["admitAfter", { admitAfter: 0 }],
    ];
    for (const [name, part] of refused) {
      expect(() => make(part)).toThrow(
        expect.objectContaining({
          code: "CONFIG_INVALID",
          details: expect.objectContaining({ name }),
        }),
      );
    }
  });

  it("above 2 GiB, where addresses have their top bit set, learns the same", () => {
    const far = Arena.create({ sizeBytesMax: 4_294_967_296 });
    far.allocate(2_200_000_000); // fresh memory: taken, but never touched
    const [above, below] = [RankingModel.create(far, options), make().model];
    for (const group of groups(50)) {
      expect(learn(above, group)).toEqual(learn(below, group));
      expect(above.retrieve(group.context, 5)).toEqual(below.retrieve(group.context, 5));
    }
    expectSameBytes(above, below);
  });

  it("holds to its limits", () => {
    const { model } = make();
    const assertion = expect.any(Error) as Error; // a bug of the caller, not an expected failure
    const none: RankingContext = { account: 1n, recent: [], buckets: [] };
    expect(model.score(none, 0)).toHaveLength(0);
    expect(model.score(none, candidatesMax)).toHaveLength(candidatesMax);
    expect(() => model.score(none, candidatesMax + 1)).toThrow(assertion);
    expect(() => model.learn(none, 0, now)).toThrow(assertion);
    const ids = (count: number) => Array.from({ length: count }, (_, i) => BigInt(i));
    expect(() => model.score({ ...none, recent: ids(recentMax + 1) }, 1)).toThrow(assertion);
    expect(() => model.score({ ...none, buckets: ids(9) }, 1)).toThrow(assertion);
  });
});

function withCode(code: string): object {
  return expect.objectContaining({ code }) as object;
}
