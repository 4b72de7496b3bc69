import { Random } from "../core/index.ts";

/** Seeded numbers in [0, 1), for tests of folders that must not import `core`. */
export function uniformsOf(seed: number): () => number {
  const random = new Random(seed);
  return () => random.uniform();
}
