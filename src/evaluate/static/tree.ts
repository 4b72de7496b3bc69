/**
 * A regression tree by least squares: the one thing of which the decision tree is one, and boosting is many.
 *
 * The libraries that there are for Node don't do: ml-cart tries every split by going over all rows, quadratic in
 * them; docs/STATIC.md has what was tried.
 *
 * Source: Breiman, Friedman, Olshen and Stone, Classification and Regression Trees, 1984.
 */
import type { BinnedColumns } from "./binning.ts";
import type { Columns } from "./columns.ts";

export interface TreeOptions {
  /** Splits between the root and a leaf, 0 or more. */
  readonly depthMax: number;
  /** 1 or more. */
  readonly leafRowsMin: number;
}

/** Nodes in the order of growing: 0 is the root, a child comes after its parent. */
export interface TreeNode {
  /** −1 for a leaf. */
  readonly column: number;
  /** Up to it goes left, above it right. */
  readonly end: number;
  readonly left: number;
  readonly right: number;
  readonly depth: number;
  /** Mean target of its rows, weighted. */
  readonly mean: number;
  /** Sum of their weights. */
  readonly weight: number;
}

export interface Grown {
  readonly nodes: readonly TreeNode[];
  /** The leaf that each row came to, (rows,). */
  readonly leaves: Int32Array;
}

interface Split {
  readonly column: number;
  readonly bin: number;
  readonly gain: number;
}

/**
 * Splits where the squared error falls most, of equal splits at the first column and the lowest end:
 *
 * ```
 * gain = SL² / WL + SR² / WR − S² / W        S = Σ weight · target, W = Σ weight
 * ```
 *
 * @param targets (rows,). @param weights (rows,), above 0.
 */
export function growTree(
  binned: BinnedColumns,
  targets: Float64Array,
  weights: Float64Array,
  options: TreeOptions,
): Grown {
  const nodes: TreeNode[] = [];
  const leaves = new Int32Array(binned.rowCount);
  const scratch = new Scratch(binned.rowCount);
  const weighted = targets.map((target, row) => weights[row] * target);

  const grow = (rows: Uint32Array, depth: number): number => {
    const at = nodes.length;
    let [sum, weight] = [0, 0];
    for (let i = 0; i < rows.length; i++) {
      sum += weighted[rows[i]];
      weight += weights[rows[i]];
    }
    const leaf = { column: -1, end: 0, left: -1, right: -1, depth, mean: sum / weight, weight };
    nodes.push(leaf);
    const split =
      depth < options.depthMax && rows.length >= 2 * options.leafRowsMin
        ? bestSplit({ binned, rows, weighted, weights, sum, weight }, options, scratch)
        : undefined;
    if (split === undefined) {
      for (let i = 0; i < rows.length; i++) leaves[rows[i]] = at;
      return at;
    }
    const { column, bin } = split;
    const middle = partition(rows, binned.bins[column], bin, scratch.rows);
    const left = grow(rows.subarray(0, middle), depth + 1);
    const right = grow(rows.subarray(middle), depth + 1);
    nodes[at] = { ...leaf, column, end: binned.ends[column][bin], left, right };
    return at;
  };
  grow(
    Uint32Array.from({ length: binned.rowCount }, (_, row) => row),
    0,
  );
  return { nodes, leaves };
}

/** Where each row comes to, going no deeper than `depthMax`, (rows,). */
export function nodesOf(
  nodes: readonly TreeNode[],
  { values, rowCount }: Columns,
  depthMax: number,
): Int32Array {
  const found = new Int32Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    let at = 0;
    for (let depth = 0; depth < depthMax && nodes[at].column >= 0; depth++) {
      const { column, end, left, right } = nodes[at];
      at = values[column][row] <= end ? left : right;
    }
    found[row] = at;
  }
  return found;
}

/** Reused from node to node: sums by bin, of the targets, of the weights, and how many rows; and rows on their way. */
class Scratch {
  readonly sums = new Float64Array(256);
  readonly weights = new Float64Array(256);
  readonly counts = new Uint32Array(256);
  readonly rows: Uint32Array;

  constructor(rowCount: number) {
    this.rows = new Uint32Array(rowCount);
  }
}

interface Node {
  readonly binned: BinnedColumns;
  /** Those that came to it. */
  readonly rows: Uint32Array;
  /** Weight times target, (all rows,). */
  readonly weighted: Float64Array;
  readonly weights: Float64Array;
  /** Over its rows. */
  readonly sum: number;
  readonly weight: number;
}

function bestSplit(
  { binned, rows, weighted, weights: rowWeights, sum: allSum, weight: allWeight }: Node,
  { leafRowsMin }: TreeOptions,
  { sums, weights, counts }: Scratch,
): Split | undefined {
  // What rounding may make of no gain at all.
  let best: Split = { column: -1, bin: -1, gain: 1e-12 * allWeight };
  const before = allSum ** 2 / allWeight;
  for (const [column, bins] of binned.bins.entries()) {
    const endCount = binned.ends[column].length;
    sums.fill(0, 0, endCount + 1);
    weights.fill(0, 0, endCount + 1);
    counts.fill(0, 0, endCount + 1);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      const bin = bins[row];
      sums[bin] += weighted[row];
      weights[bin] += rowWeights[row];
      counts[bin]++;
    }
    let [sum, weight, count] = [0, 0, 0];
    for (let bin = 0; bin < endCount; bin++) {
      sum += sums[bin];
      weight += weights[bin];
      count += counts[bin];
      if (counts[bin] === 0 || count < leafRowsMin) continue;
      if (rows.length - count < leafRowsMin) break;
      const gain = sum ** 2 / weight + (allSum - sum) ** 2 / (allWeight - weight) - before;
      if (gain > best.gain) best = { column, bin, gain };
    }
  }
  return best.column < 0 ? undefined : best;
}

/** Those up to the bin to the left, the others behind, each in their order. @returns how many are left. */
function partition(rows: Uint32Array, bins: Uint8Array, bin: number, scratch: Uint32Array): number {
  let [left, right] = [0, 0];
  for (let i = 0; i < rows.length; i++) {
    if (bins[rows[i]] <= bin) rows[left++] = rows[i];
    else scratch[right++] = rows[i];
  }
  rows.set(scratch.subarray(0, right), left);
  return left;
}
