/** Persons keep their numbers from one count to the next. */

/**
 * Which number each person of a new count has: that of the person before whose sessions it has most of; who has none of them is new.
 * Pairs are matched by how many sessions they share, the most first; of equal ones the lower number before, then the lower one after.
 *
 * @param before whose each session was, 0: nobody's. Shape (sessions,).
 * @param after whose each is now, from 1. Shape (sessions,).
 * @param next the first number that was never given.
 * @returns `numbers[person - 1]` of each person of `after`, and the next number that was never given.
 */
export function matchPersons(
  before: readonly number[],
  after: ArrayLike<number>,
  next: number,
): { readonly numbers: readonly number[]; readonly next: number } {
  const people = Math.max(0, ...Array.from(after));
  const shared = new Map<string, { was: number; is: number; sessions: number }>();
  for (const [session, was] of before.entries()) {
    if (was === 0) continue;
    const is = after[session];
    const pair = shared.get(`${was} ${is}`) ?? { was, is, sessions: 0 };
    pair.sessions++;
    shared.set(`${was} ${is}`, pair);
  }
  const pairs = [...shared.values()].sort(
    (a, b) => b.sessions - a.sessions || a.was - b.was || a.is - b.is,
  );
  const numbers = new Array<number>(people).fill(0);
  const taken = new Set<number>();
  for (const { was, is } of pairs) {
    if (numbers[is - 1] !== 0 || taken.has(was)) continue;
    numbers[is - 1] = was;
    taken.add(was);
  }
  for (let person = 0; person < people; person++) {
    if (numbers[person] === 0) numbers[person] = next++;
  }
  return { numbers, next };
}

/** Evidence names persons as they were counted: `person 2 plays …`. */
export function renumbered(evidence: string, numbers: readonly number[]): string {
  return evidence.replace(
    /\bperson (\d+) plays\b/g,
    (_, person: string) => `person ${numbers[Number(person) - 1]} plays`,
  );
}
