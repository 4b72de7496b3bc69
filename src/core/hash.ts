import createXxhash from "xxhash-wasm";

const xxhash = await createXxhash();

/**
 * Hashes a string's UTF-8 bytes to 64 bits: xxHash64.
 *
 * At 10^9 different strings the chance that any two of them meet is 2.7 % (birthday bound,
 * n^2 / 2^65). Stable for ever: ids of embedding rows and partitions of the log are made from it.
 *
 * @param seed tells apart uses of the same string; default 0.
 */
export function hash64(text: string, seed = 0n): bigint {
  return xxhash.h64(text, seed);
}

/** The same for 32 bits: xxHash32. */
export function hash32(text: string, seed = 0): number {
  return xxhash.h32(text, seed);
}
