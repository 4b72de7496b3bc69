/**
 * For each number of people the best partition of an account's sessions that is found.
 *
 * Sessions of one device start as one *unit*. From there down to one person: sessions move to whom they fit best, until none does; then
 * there is one person less in the better of two ways: the two are joined whose joining costs the least, or the one is dissolved whose
 * sessions fit the others best, each by itself. So a person's devices come together by places, times and what is played, and a
 * shared device's sessions go to those who share it.
 *
 * O(people² · values + rounds · people · values of all sessions) for each number of people.
 */
import { Allocation, type Partition } from "./allocation.ts";
import type { Signs } from "./signs.ts";

/** Most people that are told apart: accounts that are resold have dozens, and nobody needs to know how many exactly. */
const peopleMax = 20;

/** From the most people to one; each number at most once, one always. */
export function partitionsOf(of: Signs): readonly Partition[] {
  const found: Partition[] = [];
  let allocation = new Allocation(of);
  while (allocation.people > peopleMax) allocation.joinCheapest();
  allocation.settle();
  for (;;) {
    found.push(allocation.partition());
    if (allocation.people === 1) return found;
    allocation = withOneLess(allocation);
  }
}

function withOneLess(allocation: Allocation): Allocation {
  const joined = allocation.copy();
  const gain = joined.joinCheapest();
  joined.settle();
  // Two that are likelier as one are one: nobody need be dissolved for that.
  if (allocation.people === 2 || gain >= 0) return joined;
  const dissolved = allocation.copy();
  dissolved.dissolveLoosest();
  dissolved.settle();
  return dissolved.score() > joined.score() ? dissolved : joined;
}
