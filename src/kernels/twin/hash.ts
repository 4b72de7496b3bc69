/** Twin of assembly/hash.ts, in bigints. */
export function mix64(key: bigint, seed: bigint): bigint {
  const multiplier = 0x9fb21c651e98df25n;
  let v = key ^ seed;
  v ^= rotateRight(v, 49n) ^ rotateRight(v, 24n);
  v = wrap(v * multiplier);
  v = wrap((v ^ (v >> 28n)) + rotateRight(seed, 32n));
  v = wrap(v * multiplier);
  return v ^ (v >> 28n);
}

export function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function rotateRight(value: bigint, bits: bigint): bigint {
  return (value >> bits) | wrap(value << (64n - bits));
}
