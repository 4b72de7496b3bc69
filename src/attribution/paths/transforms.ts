import { FoldbackError } from "../../core/index.ts";
import type { PathCounts } from "../credit/pathCounts.ts";

/**
 * What can be done to paths before they are credited. Of `D A B B C D C C`:
 *
 * | name | gives |
 * |---|---|
 * | `unique` | the same |
 * | `exposure` | `D A B C D C`: of equal ones that follow each other, one |
 * | `first` | `D A B C`: of equal ones the first |
 * | `frequency` | `D(2) A(1) B(2) C(3)`: first ones, with how often |
 * | `trimLongPath(3)` | `D C C`: the last three |
 * | `removeIfNotAll(C)` | `D A B B D`: C goes, unless there is nothing else |
 * | `removeIfLastAndNotAll(C)` | `D A B B C D`: C goes at the end, unless there is nothing else |
 *
 * The names are those of Google's fractribution, which Snowplow uses too.
 */
export const transformNames = [
  "unique",
  "exposure",
  "first",
  "frequency",
  "trimLongPath",
  "removeIfNotAll",
  "removeIfLastAndNotAll",
] as const;

type TransformName = (typeof transformNames)[number];

/** Changes a path in place; gives its new length. */
export type PathTransform = (path: Int32Array, length: number) => number;

/**
 * The transforms one after the other.
 *
 * @param asked such as `exposure` or `trimLongPath(20)`.
 * @param counts where the paths go: `frequency` makes new channels of it.
 * @throws FoldbackError REQUEST_INVALID for what is no transform.
 */
export function transformsOf(asked: readonly string[], counts: PathCounts): PathTransform {
  const steps = asked.map((text) => transformOf(text, counts));
  return (path, length) => steps.reduce((left, step) => step(path, left), length);
}

function transformOf(text: string, counts: PathCounts): PathTransform {
  const [, word, argument] = /^(\w+)(?:\((.*)\))?$/s.exec(text.trim()) ?? [];
  const name = transformNames.find((one) => one === word);
  if (name === undefined || takesArgument.has(name) !== (argument !== undefined))
    throw refused(text);
  switch (name) {
    case "unique":
      return (_, length) => length;
    case "exposure":
      return exposure;
    case "first":
      return (path, length) => firsts(path, length).length;
    case "frequency":
      return frequency(counts);
    case "trimLongPath": {
      const most = Number(argument);
      if (!Number.isInteger(most) || most < 1) throw refused(text);
      return (path, length) => {
        if (length <= most) return length;
        path.copyWithin(0, length - most, length);
        return most;
      };
    }
    case "removeIfNotAll":
      return without(counts.channel(argument));
    case "removeIfLastAndNotAll":
      return withoutAtEnd(counts.channel(argument));
  }
}

const takesArgument: ReadonlySet<TransformName> = new Set([
  "trimLongPath",
  "removeIfNotAll",
  "removeIfLastAndNotAll",
]);

function exposure(path: Int32Array, length: number): number {
  let kept = 0;
  for (let at = 0; at < length; at++) {
    if (at === 0 || path[at] !== path[kept - 1]) path[kept++] = path[at];
  }
  return kept;
}

/** Leaves the first of equal ones; gives how often each is there. */
function firsts(path: Int32Array, length: number): number[] {
  const places = new Map<number, number>();
  const times: number[] = [];
  for (let at = 0; at < length; at++) {
    const place = places.get(path[at]);
    if (place !== undefined) {
      times[place]++;
      continue;
    }
    places.set(path[at], times.length);
    path[times.length] = path[at];
    times.push(1);
  }
  return times;
}

function frequency(counts: PathCounts): PathTransform {
  return (path, length) => {
    const times = firsts(path, length);
    for (const [at, often] of times.entries()) {
      path[at] = counts.channel(`${counts.nameOf(path[at])}(${often})`);
    }
    return times.length;
  };
}

function without(channel: number): PathTransform {
  return (path, length) => {
    if (isAll(path, length, channel)) return length;
    let kept = 0;
    for (let at = 0; at < length; at++) {
      if (path[at] !== channel) path[kept++] = path[at];
    }
    return kept;
  };
}

function withoutAtEnd(channel: number): PathTransform {
  return (path, length) => {
    if (isAll(path, length, channel)) return length;
    let kept = length;
    while (kept > 0 && path[kept - 1] === channel) kept--;
    return kept;
  };
}

function isAll(path: Int32Array, length: number, channel: number): boolean {
  for (let at = 0; at < length; at++) {
    if (path[at] !== channel) return false;
  }
  return true;
}

function refused(text: string): FoldbackError {
  return new FoldbackError(
    "REQUEST_INVALID",
    `"${text}" is no transform of paths; there are unique, exposure, first, frequency, trimLongPath(20), ` +
      "removeIfNotAll(CHANNEL) and removeIfLastAndNotAll(CHANNEL)",
  );
}
