import { FixedSums } from "../../fixedSums.ts";
import type { PathTable } from "../pathCounts.ts";
import { Sequences } from "../sequences.ts";

/**
 * The Markov chain of paths, in counts of visits.
 *
 * A state is a window of `order` channels that follow each other; a path that is shorter is one state, all of it. Equal states that
 * follow each other are one visit: staying changes no removal effect. States are in the order of their channels, so that the same paths
 * in any order make the same chain.
 *
 * ```
 *   order 2, path A B B B C:   start → AB → BB → BC → end      (BB BB is one visit)
 * ```
 */
export interface Chain {
  readonly order: number;
  readonly channelCount: number;
  readonly stateCount: number;
  /** (stateCount + 1): channels of a state lie in `channels` from windowStarts[s] to windowStarts[s + 1]. */
  readonly windowStarts: Uint32Array;
  readonly channels: Int32Array;
  /** Visits, by what was before: state s has those from starts[s] to starts[s + 1] in `from` (states) and `counts`. */
  readonly starts: Uint32Array;
  readonly from: Int32Array;
  readonly counts: Float64Array;
  /** (stateCount) each: paths that begin here; that end here in a conversion, their value, and those that end in nothing. */
  readonly begins: Float64Array;
  readonly conversions: Float64Array;
  readonly values: Float64Array;
  readonly nulls: Float64Array;
}

/** O(touches · order). */
export function chainOf(table: PathTable, order: number): Chain {
  const windows = new Sequences();
  const moves = new Sequences();
  const moved = new FixedSums();
  const begins = new FixedSums();
  const conversions = new FixedSums();
  const values = new FixedSums();
  const nulls = new FixedSums();
  const pair = new Int32Array(2);
  for (let row = 0; row < table.count; row++) {
    const c = table.conversions[row];
    const n = table.nulls[row];
    const from = table.starts[row];
    const to = table.starts[row + 1];
    if (from === to || c + n <= 0) continue;
    let state = -1;
    for (let at = Math.min(from + order, to); at <= to; at++) {
      const next = windows.numberOf(table.touches, Math.max(at - order, from), at);
      if (next === state) continue;
      if (state < 0) {
        begins.add(next, c + n);
      } else {
        pair[0] = next;
        pair[1] = state;
        moved.add(moves.numberOf(pair, 0, 2), c + n);
      }
      state = next;
    }
    conversions.add(state, c);
    values.add(state, table.values[row]);
    nulls.add(state, n);
  }
  return inOrderOfChannels({
    order,
    channelCount: table.channels.length,
    windows,
    moves,
    moved,
    begins,
    conversions,
    values,
    nulls,
  });
}

interface Counted {
  readonly order: number;
  readonly channelCount: number;
  readonly windows: Sequences;
  readonly moves: Sequences;
  readonly moved: FixedSums;
  readonly begins: FixedSums;
  readonly conversions: FixedSums;
  readonly values: FixedSums;
  readonly nulls: FixedSums;
}

function inOrderOfChannels(counted: Counted): Chain {
  const { windows, moves, moved } = counted;
  const states = windows.count;
  const old = Int32Array.from({ length: states }, (_, state) => state);
  old.sort((one, other) => compareWindows(windows, one, other));
  const rank = new Int32Array(states);
  for (let state = 0; state < states; state++) rank[old[state]] = state;

  const windowStarts = new Uint32Array(states + 1);
  const channels = new Int32Array(windows.starts[states]);
  for (let state = 0; state < states; state++) {
    const window = windows.values.subarray(
      windows.starts[old[state]],
      windows.starts[old[state] + 1],
    );
    channels.set(window, windowStarts[state]);
    windowStarts[state + 1] = windowStarts[state] + window.length;
  }

  const order = Float64Array.from({ length: moves.count }, (_, move) => {
    const to = rank[moves.values[2 * move]];
    return to * states + rank[moves.values[2 * move + 1]];
  });
  const sorted = sortedBy(order);
  const starts = new Uint32Array(states + 1);
  const from = new Int32Array(moves.count);
  const counts = new Float64Array(moves.count);
  for (let at = 0; at < sorted.length; at++) {
    const key = order[sorted[at]];
    starts[Math.floor(key / states) + 1]++;
    from[at] = key % states;
    counts[at] = moved.at(sorted[at]);
  }
  for (let state = 0; state < states; state++) starts[state + 1] += starts[state];
  const column = (sums: FixedSums): Float64Array =>
    Float64Array.from({ length: states }, (_, state) => sums.at(old[state]));
  return {
    order: counted.order,
    channelCount: counted.channelCount,
    stateCount: states,
    windowStarts,
    channels,
    starts,
    from,
    counts,
    begins: column(counted.begins),
    conversions: column(counted.conversions),
    values: column(counted.values),
    nulls: column(counted.nulls),
  };
}

/** A state that another begins with comes before it. */
function compareWindows({ values, starts }: Sequences, one: number, other: number): number {
  let a = starts[one];
  let b = starts[other];
  for (; a < starts[one + 1] && b < starts[other + 1]; a++, b++) {
    if (values[a] !== values[b]) return values[a] - values[b];
  }
  return starts[one + 1] - a - (starts[other + 1] - b);
}

function sortedBy(keys: Float64Array): Int32Array {
  const rows = Int32Array.from({ length: keys.length }, (_, row) => row);
  return rows.sort((one, other) => keys[one] - keys[other]);
}
