type TypedArray = Int32Array | Uint32Array | Float32Array | Float64Array | BigUint64Array;

/**
 * The array itself if it has room for `length` numbers, else a copy of at least twice the size, zeroed
 * behind. Amortised O(1) a number.
 */
export function withRoom<T extends TypedArray>(array: T, length: number): T {
  if (length <= array.length) return array;
  // Every typed array's constructor takes a length; TypeScript does not know `constructor`'s type.
  const type = array.constructor as new (length: number) => T;
  const larger = new type(Math.max(length, array.length * 2, 16));
  (larger as unknown as { set(values: T): void }).set(array);
  return larger;
}
