import type { Chain } from "./chain.ts";

/** States in an order in which what was before comes before: only those of one component depend on each other in a ring. */
export interface Components {
  /** All states. */
  readonly states: Int32Array;
  /** (count + 1): a component is `states` from starts[n] to starts[n + 1]. */
  readonly starts: Uint32Array;
  readonly count: number;
}

/**
 * Strongly connected components of the chain, the earliest first; the states of one in the order in which a search backwards leaves them,
 * so that a sweep through them uses mostly new values.
 *
 * Source: Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1, 1972; without recursion. O(states + moves).
 */
export function componentsOf({ stateCount, starts, from }: Chain): Components {
  const found = new Int32Array(stateCount).fill(-1);
  const lowest = new Int32Array(stateCount);
  const left = new Int32Array(stateCount);
  const isOpen = new Uint8Array(stateCount);
  const open = new Int32Array(stateCount);
  const trail = new Int32Array(stateCount);
  const next = new Uint32Array(stateCount);
  const states = new Int32Array(stateCount);
  const ends: number[] = [0];
  let foundCount = 0;
  let leftCount = 0;
  let openCount = 0;
  let placed = 0;
  for (let root = 0; root < stateCount; root++) {
    if (found[root] >= 0) continue;
    let depth = 0;
    const enter = (state: number): void => {
      found[state] = foundCount;
      lowest[state] = foundCount++;
      next[state] = starts[state];
      open[openCount++] = state;
      isOpen[state] = 1;
      trail[depth++] = state;
    };
    enter(root);
    while (depth > 0) {
      const state = trail[depth - 1];
      if (next[state] < starts[state + 1]) {
        const before = from[next[state]++];
        if (found[before] < 0) enter(before);
        else if (isOpen[before] === 1) lowest[state] = Math.min(lowest[state], found[before]);
        continue;
      }
      depth--;
      left[state] = leftCount++;
      if (depth > 0) {
        const above = trail[depth - 1];
        lowest[above] = Math.min(lowest[above], lowest[state]);
      }
      if (lowest[state] !== found[state]) continue;
      const begin = placed;
      let member: number;
      do {
        member = open[--openCount];
        isOpen[member] = 0;
        states[placed++] = member;
      } while (member !== state);
      states.subarray(begin, placed).sort((one, other) => left[one] - left[other]);
      ends.push(placed);
    }
  }
  return { states, starts: Uint32Array.from(ends), count: ends.length - 1 };
}
