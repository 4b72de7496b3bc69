import fc from "fast-check";
import { expect, test } from "vitest";
import { nearest, sortIntoTree } from "./kdTree.ts";

/** Few different values, so that many points share coordinates, or are equally near. */
const coordinate = fc.integer({ min: -3, max: 3 });
const point = fc.tuple(coordinate, coordinate, coordinate);

test("the nearest point is that of looking at all of them, the least number where several are", () => {
  fc.assert(
    fc.property(
      fc.array(point, { minLength: 1, maxLength: 200 }),
      point,
      fc.integer({ min: 0, max: 40 }),
      (points, [x, y, z], maxSquared) => {
        const tree = Float32Array.from(points.flat());
        const numbers = Uint32Array.from(points, (_, at) => at);
        sortIntoTree(tree, numbers);
        const found = nearest(tree, numbers, x, y, z, maxSquared);
        const squared = points.map(([a, b, c]) => (a - x) ** 2 + (b - y) ** 2 + (c - z) ** 2);
        const least = Math.min(...squared);
        const expected = least <= maxSquared ? squared.indexOf(least) : undefined;
        expect(found < 0 ? undefined : numbers[found]).toBe(expected);
      },
    ),
    { numRuns: 300 },
  );
});

test("numbers stay with their points", () => {
  const points = Float32Array.from({ length: 3000 }, (_, at) => Math.sin(at * 12.9898));
  const before = points.slice();
  const numbers = Uint32Array.from({ length: 1000 }, (_, at) => at);
  sortIntoTree(points, numbers);
  for (const [at, number] of numbers.entries()) {
    expect(points.slice(3 * at, 3 * at + 3)).toEqual(before.slice(3 * number, 3 * number + 3));
  }
});
