/** Counters in a table's header. */

@inline
export function add32(pointer: usize, change: i32): void {
  store<u32>(pointer, load<u32>(pointer) + change);
}

@inline
export function add64(pointer: usize): void {
  store<u64>(pointer, load<u64>(pointer) + 1);
}
