import { describe, expect, it } from "vitest";
import { Random } from "../core/index.ts";
import { Arena, EmbeddingTable } from "./index.ts";

describe("an id that is put back", () => {
  it("is what its entry said, in a table of the same options, and learns on as it would have", () => {
    for (const optimiser of [
      { kind: "adagrad", learningRate: 0.05 },
      { kind: "adam", learningRate: 0.01 },
    ] as const) {
      const options = { dim: 8, seed: 3n, admitAfter: 3, ttlSeconds: 40, optimiser } as const;
      const make = (): EmbeddingTable =>
        EmbeddingTable.create(Arena.create({ sizeBytesMax: 16 * 1024 * 1024 }), options);
      const [table, other] = [make(), make()];
      const random = new Random(4);
      const teach = (target: EmbeddingTable, draws: Random, now: number): void => {
        for (let i = 0; i < 400; i++) {
          const row = target.observeOne(BigInt(draws.below(250)), now);
          const gradient = Float32Array.from({ length: 8 }, () => draws.uniform() - 0.5);
          const weightGradients = Float32Array.of(draws.uniform() - 0.5);
          target.update(Uint32Array.of(row), gradient, { weightGradients });
        }
      };
      teach(table, random, 100);
      teach(other, new Random(8), 120); // all of it is to be overwritten
      const entries = [...table.entries()];
      const gone = [...other.entries()].filter(({ key }) => table.entry(key) === undefined);
      for (const { key } of gone) other.remove(key);
      for (const entry of entries) other.putBack(entry);
      const listOf = (of: EmbeddingTable) =>
        new Map(
          Array.from(of.entries(), (entry) => [
            entry.key,
            entry.state === "admitted" ? { ...entry, row: 0 } : entry,
          ]),
        );
      expect(entries.filter(({ state }) => state === "pending").length).toBeGreaterThan(20);
      expect(entries.filter(({ state }) => state === "admitted").length).toBeGreaterThan(50);
      expect(listOf(other)).toEqual(listOf(table));
      for (const target of [table, other]) teach(target, new Random(12), 130);
      for (const target of [table, other]) target.expire(141);
      expect(listOf(other)).toEqual(listOf(table));
    }
  });
});
