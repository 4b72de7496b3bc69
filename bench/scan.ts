/**
 * How near is the exact scan of all vectors to the speed of memory?
 *
 * A million live ids, top 500: `scanTop` against a program in C++ (native/scan.cpp) that only sums as many
 * bytes of f32, the same ones, in turns. Both find their bytes in memory and not in the caches: as many
 * others are read before each. The bar is at dim 16, for vectors; other dims, and vectors with weights (as
 * in serving), are for information.
 *
 * Then the same with norms, by which the scan passes over rows that can't be among the best: of vectors that are
 * about as long as each other, where it must read nearly all of them, and of lengths that fall with the root of their
 * rank, as those of a catalogue do whose items are wanted by Zipf's law. The results are the same to the bit.
 *
 * The result is proved once a dim against float64 over all vectors, and the sum of C++ against our own.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, Random } from "#foldback/core";
import { Arena, EmbeddingTable, type ScoredRows } from "#foldback/embedding";
import { buildNative, type NativeProgram, type NoNative, noComparison } from "./lib/native.ts";
import { bar, count, figure, median, withDirectory } from "./lib/report.ts";

const k = 500;
const barDim = 16;
const timesMax = 1.3;
const nowSeconds = 1_700_000_000;

interface Scan {
  readonly dim: number;
  readonly table: EmbeddingTable;
  readonly query: Float32Array;
  /** All vectors one after another, then as many zeros as there are rows: their weights. */
  readonly plane: Float32Array;
  readonly rowCount: number;
}

export function run({ smoke }: { smoke: boolean }): Promise<void> {
  return withDirectory(async (directory) => {
    const rowCount = smoke ? 20_000 : 1_000_000;
    const roundCount = smoke ? 3 : 21;
    const native = buildNative(directory, "scan");
    if (native.missing !== undefined) figure("C++", noComparison(native.missing));
    figure("vectors", `${count(rowCount)}, top ${k}, medians of ${roundCount} rounds`);
    for (const dim of smoke ? [barDim] : [8, barDim, 32, 64]) {
      const scan = makeScan(dim, rowCount);
      prove(scan);
      const file = join(directory, `plane-${dim}`);
      writeFileSync(file, scan.plane);
      for (const useWeight of [false, true]) {
        const ratio = compare(scan, { useWeight, roundCount, native, file });
        if (dim !== barDim || useWeight || ratio === undefined) continue;
        const what = `scan, dim ${dim} ≤ ${timesMax} × reading`;
        bar(`${what}: ${ratio.toFixed(2)}`, ratio <= timesMax, smoke);
      }
    }
    for (const lengths of ["alike", "by rank"] as const)
      compareNorms({ lengths, rowCount, roundCount });
  });
}

function makeScan(dim: number, rowCount: number): Scan {
  const arena = Arena.create({ sizeBytesMax: 2 ** 30 });
  const initialiser = { kind: "normal", scale: 1 } as const;
  const table = EmbeddingTable.create(arena, { dim, seed: 3n, initialiser });
  const keys = BigUint64Array.from({ length: rowCount }, (_, i) => BigInt(i));
  const rows = new Uint32Array(rowCount);
  table.observe(keys, rows, nowSeconds);
  const plane = new Float32Array(rowCount * (dim + 1));
  rows.forEach((row, i) => plane.set(table.vectorOf(row), i * dim));
  const random = new Random(9);
  const query = new Float32Array(dim).map(() => random.uniform() - 0.5);
  return { dim, table, query, plane, rowCount };
}

/** The best scores of all, in float64; weights are 0. */
function prove({ dim, table, query, plane, rowCount }: Scan): void {
  const scores = new Float64Array(rowCount);
  for (let i = 0; i < rowCount; i++) {
    for (let d = 0; d < dim; d++) scores[i] += plane[i * dim + d] * query[d];
  }
  scores.sort().reverse();
  const found = table.scanTop(query, k);
  assert(found.rows.length === k, "as many as asked for");
  found.scores.forEach((score, i) => {
    assert(
      Math.abs(score - scores[i]) < 1e-4,
      `score ${i} is ${score}, and should be ${scores[i]}`,
    );
  });
}

/** How many times as long as reading ours takes; undefined without C++. */
function compare(
  { dim, table, query, plane, rowCount }: Scan,
  how: {
    readonly useWeight: boolean;
    readonly roundCount: number;
    readonly native: NativeProgram | NoNative;
    readonly file: string;
  },
): number | undefined {
  const { useWeight, roundCount, native, file } = how;
  const sizeBytes = rowCount * (dim + (useWeight ? 1 : 0)) * 4;
  const ours: number[] = [];
  const cpp: number[] = [];
  let checksum = 0;
  let best: ScoredRows | undefined;
  for (let round = 0; round < roundCount; round++) {
    // Reads what the table does not own, and gives the same sum every time.
    checksum = sumOf(plane);
    const begin = performance.now();
    best = table.scanTop(query, k, { useWeight });
    ours.push(performance.now() - begin);
    if (native.missing !== undefined) continue;
    const [seconds, sum] = native.run(file, sizeBytes).trim().split(" ").map(Number);
    cpp.push(seconds * 1000);
    // In float32, of numbers of about 1.
    assert(Math.abs(sum - checksum) <= 1e-6 * plane.length, `C++ sums ${sum}, we ${checksum}`);
  }
  const scores = best?.scores.reduce((total, score) => total + score, 0) ?? 0;
  const name = `dim ${dim}${useWeight ? " +w" : ""}`;
  const checksums = `sum of scores ${scores.toFixed(3)}, of bytes ${checksum.toFixed(1)}`;
  const ourText = `${milliseconds(ours)} for ${(sizeBytes / 1e6).toFixed(0)} MB`;
  if (native.missing !== undefined) {
    figure(name, `${ourText}; ${checksums}`);
    return undefined;
  }
  const ratio = median(ours) / median(cpp);
  figure(name, `${ourText}; reading ${milliseconds(cpp)}; ${ratio.toFixed(2)} ×; ${checksums}`);
  return ratio;
}

function compareNorms(how: {
  readonly lengths: "alike" | "by rank";
  readonly rowCount: number;
  readonly roundCount: number;
}): void {
  const { lengths, rowCount, roundCount } = how;
  const random = new Random(5);
  const keys = BigUint64Array.from({ length: rowCount }, (_, i) => BigInt(i));
  const vectors = new Float32Array(rowCount * barDim);
  for (let i = 0; i < vectors.length; i++) {
    const rank = Math.floor(i / barDim) + 1;
    vectors[i] = (random.uniform() - 0.5) / (lengths === "alike" ? 1 : Math.sqrt(rank));
  }
  const tables = [false, true].map((norms) => {
    const table = EmbeddingTable.create(Arena.create({ sizeBytesMax: 2 ** 30 }), {
      dim: barDim,
      seed: 3n,
      norms,
    });
    table.assign(keys, vectors, new Float32Array(rowCount), nowSeconds);
    return table;
  });
  const times: number[][] = [[], []];
  for (let round = 0; round < roundCount; round++) {
    const query = new Float32Array(barDim).map(() => random.uniform() - 0.5);
    sumOf(vectors); // so that both find their bytes in memory, and not in the caches
    const found = tables.map((table, i) => {
      const begin = performance.now();
      const best = table.scanTop(query, k);
      times[i].push(performance.now() - begin);
      return best;
    });
    assert(
      found[0].rows.every((row, i) => found[1].rows[i] === row),
      "the same rows",
    );
    assert(
      found[0].scores.every((score, i) => found[1].scores[i] === score),
      "the same scores",
    );
  }
  const [without, by] = times;
  const ratio = median(without) / median(by);
  figure(
    `norms, ${lengths}`,
    `${milliseconds(by)}; without ${milliseconds(without)}; ${ratio.toFixed(2)} × as fast`,
  );
}

function sumOf(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}

function milliseconds(values: readonly number[]): string {
  return `${median(values).toFixed(2)} ms (best ${Math.min(...values).toFixed(2)})`;
}
