import type { Chain } from "./chain.ts";

/** More groups cost more than they save. */
const channelGroupsMax = 16;
const loopsMax = 48;
/** A move is of a loop where at least this share of the visits before it and of those after it take it. */
const loopShareMin = 0.5;

/** States that are scaled together; see `scaleGroups`. */
export interface Groups {
  readonly count: number;
  /** (states): `count` for states of other components. */
  readonly of: Uint8Array;
}

/**
 * States that lead to each other again and again are a group: paths leave it seldom, and sweeps would hardly move it. Those that are left
 * the most seldom come first. Other states are grouped by their last channel.
 */
export function groupsOf(chain: Chain, members: Int32Array, visits: Float64Array): Groups {
  const { channels, windowStarts, starts, from, counts, channelCount, stateCount } = chain;
  const isMember = new Uint8Array(stateCount);
  for (const state of members) isMember[state] = 1;
  const parent = Int32Array.from({ length: stateCount }, (_, state) => state);
  const rootOf = (state: number): number => {
    let root = state;
    while (parent[root] !== root) {
      parent[root] = parent[parent[root]];
      root = parent[root];
    }
    return root;
  };
  const eachMove = (take: (before: number, state: number, count: number) => void): void => {
    for (const state of members) {
      for (let at = starts[state]; at < starts[state + 1]; at++) {
        if (isMember[from[at]] === 1) take(from[at], state, counts[at]);
      }
    }
  };
  eachMove((before, state, count) => {
    const isOfLoop = count >= loopShareMin * Math.max(visits[before], visits[state]);
    if (isOfLoop) parent[rootOf(state)] = rootOf(before);
  });
  const inside = new Float64Array(stateCount);
  eachMove((before, state, count) => {
    if (rootOf(before) === rootOf(state)) inside[rootOf(state)] += count;
  });
  const visited = new Float64Array(stateCount);
  for (const state of members) visited[rootOf(state)] += visits[state];
  const leavingOf = (root: number): number => 1 - inside[root] / visited[root];
  const loops = [...new Set(members.map(rootOf))]
    .filter((root) => inside[root] > 0)
    .sort((one, other) => leavingOf(one) - leavingOf(other) || one - other)
    .slice(0, loopsMax);
  const byChannel = Math.min(channelCount, channelGroupsMax);
  const loopNumber = new Map(loops.map((root, at) => [root, byChannel + at]));
  const count = byChannel + loops.length;
  const of = new Uint8Array(stateCount).fill(count);
  for (const state of members) {
    const last = channels[windowStarts[state + 1] - 1];
    of[state] = loopNumber.get(rootOf(state)) ?? last % byChannel;
  }
  return { count, of };
}
