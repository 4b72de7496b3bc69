/** A first step: the even numbers of a list, in their order. */

/** Numbers that leave no rest when they are halved; 0 and negative ones count, fractions do not. */
export function evenNumbers(numbers: readonly number[]): number[] {
  return numbers.filter((number) => number % 2 === 0);
}

console.log(evenNumbers([3, 8, -2, 7, 0, 10, 2.5])); // [ 8, -2, 0, 10 ]
