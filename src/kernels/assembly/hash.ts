/**
 * Mixes all 64 bits of a key, so that ids which differ only in low bits, only in high bits, or
 * count up, spread alike.
 *
 * A bijection for every seed: rotations, xors and two odd multiplications; each output bit depends
 * on every input bit. The seed enters twice, so that who doesn't know it can't prepare ids that
 * meet.
 *
 * Source: Evensen, "rrmxmx" (mostlymangling.blogspot.com, 2018), with the second use of the seed
 * added.
 */
export function mix64(key: u64, seed: u64): u64 {
  let v = key ^ seed;
  v ^= rotr<u64>(v, 49) ^ rotr<u64>(v, 24);
  v *= 0x9fb21c651e98df25;
  v = (v ^ (v >>> 28)) + rotr<u64>(seed, 32);
  v *= 0x9fb21c651e98df25;
  return v ^ (v >>> 28);
}
