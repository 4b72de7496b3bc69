/** How alike the sessions of an account are, as the plain method sees it: to be looked at. */
import type { AccountSessions } from "../accountSessions.ts";
import type { Dendrogram } from "../clustering/index.ts";
import { simpleTree } from "../counting/index.ts";
import type { LiveSession } from "./liveSession.ts";

/** Sessions that are told as one: they are nearer to each other than to any other. */
export interface TreeLeaf {
  readonly sessions: number;
  /** The most common; not there where none said any. */
  readonly device?: string;
  readonly city?: string;
  /** Whose they are, by the count; 0: nobody's that is known. By number. */
  readonly persons: readonly { readonly person: number; readonly sessions: number }[];
}

/** Two nodes become one: leaves are numbered from 0 on, what merge m makes is leaves + m. */
export interface TreeMerge {
  readonly first: number;
  readonly second: number;
  /** Mean distance between their sessions, 0 to 1; it does not fall from one to the next. */
  readonly height: number;
}

export interface SessionTree {
  /** Below it sessions are one person's, as the plain method has it. */
  readonly cut: number;
  readonly leaves: readonly TreeLeaf[];
  readonly merges: readonly TreeMerge[];
}

/** More can't be looked at: the lowest merges are folded into leaves. */
const leavesMax = 40;

/**
 * O(distinct sessions²).
 *
 * @param table of the same sessions, at least one.
 */
export function sessionTree(sessions: readonly LiveSession[], table: AccountSessions): SessionTree {
  const { tree, cut } = simpleTree(table);
  const folded = Math.max(0, tree.leafCount - leavesMax);
  const numbers = new Map<number, number>();
  const leaves: TreeLeaf[] = [];
  const merges: TreeMerge[] = [];
  const leafOf = (node: number): void => {
    if (numbers.has(node)) return;
    numbers.set(node, leaves.length);
    leaves.push(leafAt(node, tree, sessions));
  };
  // Leaves first: what is below the first merge that is told.
  for (let merge = folded; merge < tree.heights.length; merge++) {
    for (const node of [tree.firsts[merge], tree.seconds[merge]]) {
      if (node < tree.leafCount + folded) leafOf(node);
    }
  }
  if (leaves.length === 0) leafOf(0);
  for (let merge = folded; merge < tree.heights.length; merge++) {
    const [first, second] = [tree.firsts[merge], tree.seconds[merge]].map(
      (node) => numbers.get(node) ?? 0,
    );
    numbers.set(tree.leafCount + merge, leaves.length + merges.length);
    merges.push({ first, second, height: tree.heights[merge] });
  }
  return { cut, leaves, merges };
}

function leafAt(node: number, tree: Dendrogram, sessions: readonly LiveSession[]): TreeLeaf {
  const below = leavesBelow(node, tree);
  const own = sessions.filter((_, session) => below.has(tree.leafOf[session]));
  const persons = counts(own.map(({ person, isBeyond }) => (isBeyond ? 0 : person)));
  const [device] = mostCommon(own.map((session) => session.device));
  const [city] = mostCommon(own.map((session) => session.city));
  return {
    sessions: own.length,
    ...(device !== undefined && { device }),
    ...(city !== undefined && { city }),
    persons: [...persons]
      .sort(([a], [b]) => a - b)
      .map(([person, of]) => ({ person, sessions: of })),
  };
}

function leavesBelow(node: number, { leafCount, firsts, seconds }: Dendrogram): Set<number> {
  const found = new Set<number>();
  const waiting = [node];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (at < leafCount) found.add(at);
    else waiting.push(firsts[at - leafCount], seconds[at - leafCount]);
  }
  return found;
}

function counts<T>(values: readonly T[]): Map<T, number> {
  const found = new Map<T, number>();
  for (const value of values) found.set(value, (found.get(value) ?? 0) + 1);
  return found;
}

/** Without what is missing; of equal ones the first that came. */
function mostCommon(texts: readonly string[]): string[] {
  const known = texts.filter((text) => text !== "");
  return [...counts(known)].sort(([, a], [, b]) => b - a).map(([text]) => text);
}
