/** Counters in a table's header, and bits by count. */

@inline
export function add32(pointer: usize, change: i32): void {
  store<u32>(pointer, load<u32>(pointer) + change);
}

@inline
export function add64(pointer: usize): void {
  store<u64>(pointer, load<u64>(pointer) + 1);
}

/** The low `count` bits; all of them from 32 on. */
@inline
export function maskBelow(count: u32): u32 {
  return count >= 32 ? 0xffffffff : (<u32>1 << count) - 1;
}
