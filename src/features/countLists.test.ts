import * as fc from "fast-check";
import { expect, it } from "vitest";
import { CountLists } from "./countLists.ts";

/** The same in arrays: the oldest of the smallest counts gives way. */
function count(list: [number: number, count: number][], number: number, sizeMax: number): void {
  const known = list.find(([other]) => other === number);
  if (known !== undefined) {
    known[1]++;
    return;
  }
  if (list.length === sizeMax) {
    const smallest = Math.min(...list.map(([, counted]) => counted));
    list.splice(
      list.findIndex(([, counted]) => counted === smallest),
      1,
    );
  }
  list.push([number, 1]);
}

function entriesOf(lists: CountLists, list: number): [number, number][] {
  lists.open(list);
  const { numbers, counts, from, to } = lists;
  return Array.from({ length: to - from }, (_, i) => [numbers[from + i], counts[from + i]]);
}

it("counts as plain lists do, and finds what they have, also after it was restored", () => {
  const event = fc.record({ list: fc.nat(5), number: fc.nat(40) });
  fc.assert(
    fc.property(
      fc.constantFrom(1, 2, 3, 4, 7, 8, 20, 33),
      fc.array(event, { maxLength: 500 }),
      (sizeMax, events) => {
        const lists = new CountLists(sizeMax);
        const expected: [number, number][][] = [];
        for (const { list, number } of events) {
          lists.makeRoom(list + 1);
          while (expected.length <= list) expected.push([]);
          lists.count(list, number);
          count(expected[list], number, sizeMax);
        }
        const restored = new CountLists(sizeMax);
        restored.makeRoom(expected.length);
        for (const [list, entries] of expected.entries()) {
          restored.restore(
            list,
            Int32Array.from(entries, ([number]) => number),
            Float32Array.from(entries, ([, counted]) => counted),
          );
        }
        for (const each of [lists, restored]) {
          expect(each.length).toBe(expected.length);
          for (const [list, entries] of expected.entries()) {
            expect(entriesOf(each, list)).toEqual(entries);
            for (let number = 0; number <= 40; number++) {
              each.open(list);
              const place = each.placeOf(number);
              const at = entries.findIndex(([other]) => other === number);
              expect(place < 0 ? -1 : place - each.from).toBe(at);
            }
          }
        }
      },
    ),
    { numRuns: 60 },
  );
}, 20_000);

it("lists share slabs, and blocks that lists have left are handed out again", () => {
  const lists = new CountLists(1000);
  lists.makeRoom(20_000);
  for (let list = 0; list < 20_000; list++)
    for (let number = 0; number < 3; number++) lists.count(list, number);
  lists.open(0);
  const first = lists.numbers;
  lists.open(19_999);
  expect(lists.numbers).not.toBe(first);
  for (let number = 3; number < 900; number++) lists.count(0, number);
  lists.makeRoom(20_001);
  lists.count(20_000, 7);
  lists.open(20_000);
  expect(lists.numbers).toBe(first); // where list 0 was
  expect(entriesOf(lists, 20_000)).toEqual([[7, 1]]);
  expect(entriesOf(lists, 0)).toHaveLength(900);
  expect(entriesOf(lists, 1)).toEqual([
    [0, 1],
    [1, 1],
    [2, 1],
  ]);
});
