import { expect, it } from "vitest";
import { decodeExample, encodeExample } from "./encodedExample.ts";

const slots = Array.from({ length: 64 }, (_, i) => `slot${i}`);

it("comes back as it was, with any number of features, the largest and the smallest", () => {
  for (const count of [0, 1, 2, 7, 300, 3]) {
    const features = Array.from({ length: count }, (_, i) => ({
      slot: slots[(i * 7) % 64],
      id: i % 2 === 0 ? 2n ** 64n - 1n - BigInt(i) : BigInt(i),
      value: Math.fround(i % 3 === 0 ? -1e6 : 0.1 * i),
    }));
    const encoded = encodeExample(slots, { index: 2 ** 40 + count, features });
    expect(encoded).toHaveLength(8 + 13 * count);
    encodeExample(slots, { index: 1, features: [{ slot: "slot5", id: 9n }] }); // uses the same buffer
    expect(decodeExample(slots, encoded)).toEqual({ index: 2 ** 40 + count, features });
  }
});

it("has 1 where a feature gives no value, and refuses what is cut off", () => {
  const encoded = encodeExample(slots, { index: 0, features: [{ slot: "slot5", id: 9n }] });
  expect(decodeExample(slots, encoded).features).toEqual([{ slot: "slot5", id: 9n, value: 1 }]);
  expect(() => decodeExample(slots, encoded.slice(1))).toThrow("whole");
});
