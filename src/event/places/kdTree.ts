/**
 * A k-d tree over points in space, in the order of the points themselves: the middle of a range is its node, what is below it in the
 * node's axis stands left of it, the rest right. Axes take turns; ranges of up to `leafSize` points are not split further.
 *
 * Source: Bentley, "Multidimensional binary search trees used for associative searching", 1975; laid out as in kdbush, in three dimensions.
 */

/** Scanning so many costs less than splitting them. */
const leafSize = 16;

/** Orders points, and their numbers in step, into a tree. `points` is of shape (count, 3). O(count · log count). Mutates both. */
export function sortIntoTree(points: Float32Array, numbers: Uint32Array): void {
  const stack = [0, numbers.length - 1, 0];
  while (stack.length > 0) {
    const axis = stack.pop() as number; // three are pushed at a time
    const right = stack.pop() as number;
    const left = stack.pop() as number;
    if (right - left <= leafSize) continue;
    const middle = (left + right) >> 1;
    select(points, numbers, middle, left, right, axis);
    const next = (axis + 1) % 3;
    stack.push(left, middle - 1, next, middle + 1, right, next);
  }
}

/** Hoare's selection: afterwards what is left of `k` is at most it, what is right of it at least. */
function select(
  points: Float32Array,
  numbers: Uint32Array,
  k: number,
  first: number,
  last: number,
  axis: number,
): void {
  let left = first;
  let right = last;
  while (right > left) {
    const pivot = points[3 * k + axis];
    let i = left;
    let j = right;
    do {
      while (points[3 * i + axis] < pivot) i++;
      while (points[3 * j + axis] > pivot) j--;
      if (i <= j) swap(points, numbers, i++, j--);
    } while (i <= j);
    if (j < k) left = i;
    if (i > k) right = j;
  }
}

function swap(points: Float32Array, numbers: Uint32Array, i: number, j: number): void {
  for (let axis = 0; axis < 3; axis++) {
    const kept = points[3 * i + axis];
    points[3 * i + axis] = points[3 * j + axis];
    points[3 * j + axis] = kept;
  }
  const kept = numbers[i];
  numbers[i] = numbers[j];
  numbers[j] = kept;
}

/** Deeper than any tree of 2^32 points: one entry a level, and the one in hand. */
const stackDepth = 64;
const lefts = new Int32Array(stackDepth);
const rights = new Int32Array(stackDepth);
const axes = new Int8Array(stackDepth);
const bounds = new Float64Array(stackDepth);
const target = new Float64Array(3);

/**
 * The nearest point to (x, y, z) in a tree, at a squared distance of at most `maxSquared`; -1 where there is none. Of equally near ones
 * it is the one with the least number. O(log count) on average; allocates nothing.
 */
export function nearest(
  points: Float32Array,
  numbers: Uint32Array,
  x: number,
  y: number,
  z: number,
  maxSquared: number,
): number {
  let best = -1;
  let bestSquared = maxSquared;
  const consider = (at: number): void => {
    const dx = points[3 * at] - x;
    const dy = points[3 * at + 1] - y;
    const dz = points[3 * at + 2] - z;
    const squared = dx * dx + dy * dy + dz * dz;
    if (squared > bestSquared) return;
    if (squared < bestSquared || best < 0 || numbers[at] < numbers[best]) {
      best = at;
      bestSquared = squared;
    }
  };
  target[0] = x;
  target[1] = y;
  target[2] = z;
  let depth = 1;
  lefts[0] = 0;
  rights[0] = points.length / 3 - 1;
  axes[0] = 0;
  bounds[0] = 0;
  while (depth > 0) {
    depth--;
    if (bounds[depth] > bestSquared) continue; // all beyond the plane is farther than what is found
    const left = lefts[depth];
    const right = rights[depth];
    if (right - left <= leafSize) {
      for (let at = left; at <= right; at++) consider(at);
      continue;
    }
    const bound = bounds[depth];
    const axis = axes[depth];
    const middle = (left + right) >> 1;
    consider(middle);
    const next = (axis + 1) % 3;
    const gap = target[axis] - points[3 * middle + axis];
    const isLeft = gap < 0;
    // The farther side first: the nearer one is taken from the stack before it.
    lefts[depth] = isLeft ? middle + 1 : left;
    rights[depth] = isLeft ? right : middle - 1;
    axes[depth] = next;
    bounds[depth] = Math.max(bound, gap * gap);
    depth++;
    lefts[depth] = isLeft ? left : middle + 1;
    rights[depth] = isLeft ? middle - 1 : right;
    axes[depth] = next;
    bounds[depth] = bound;
    depth++;
  }
  return best;
}
