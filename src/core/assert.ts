/**
 * Stops the thread on a broken invariant. On in production: a wrong state must not be written on.
 * For what a caller can do wrong, throw a `FoldbackError` instead.
 */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${invariant} (this is a bug in foldback)`);
}
