/**
 * How small, how exact and how fast are copies of a table in float16 and int8?
 *
 * A million ids with normal vectors (standard deviation 0.1) in float32 with the state to learn, and copies
 * that only serve, filled by `assign`. Errors are against the float32 vectors: of a component, in units of its
 * row's largest, and of a score, in units of the spread of scores, for 20 queries; and how many of the best
 * 500 are among the copy's best 500. Scans are in turns, medians of 11.
 */
import { Random } from "#foldback/core";
import { Arena, EmbeddingTable, type VectorFormat } from "#foldback/embedding";
import { bar, figure, median } from "./lib/report.ts";

const k = 500;
const queryCount = 20;
const rounds = 11;
const batch = 4096;
/** Of float32: a component is divided by its scale, and multiplied again. */
const slack = 1e-4;
/** Half a step: of 11 bits, of 127 steps to a row's largest. */
const errorMax: Record<VectorFormat, number> = { f32: 0, f16: 2 ** -11, int8: 1 / 254 };

export function run({ smoke }: { smoke: boolean }): void {
  const idCount = smoke ? 20_000 : 1_000_000;
  for (const dim of smoke ? [16] : [16, 64]) {
    const source = EmbeddingTable.create(Arena.create({ sizeBytesMax: 2 ** 31 }), {
      dim,
      seed: 1n,
      initialiser: { kind: "normal", scale: 0.1 },
    });
    const keys = BigUint64Array.from({ length: idCount }, (_, i) => BigInt(i));
    const rows = new Uint32Array(idCount);
    source.observe(keys, rows, 1);
    const copies = (["f32", "f16", "int8"] as const).map((format) => copyOf(source, keys, format));
    const queries = makeQueries(dim);
    const times = timesOf(copies, queries[0]);
    const [exact] = copies;
    copies.forEach((copy, i) => {
      const { componentMax, scoreRms, overlap } = errorsOf(source, copy, { keys, queries, exact });
      const { format } = copy;
      const sizes = `${bytesAnId(copy.table).toFixed(1)} of ${bytesAnId(source).toFixed(1)} bytes an id`;
      const errors = `component ≤ ${componentMax.toExponential(1)}, score rms ${scoreRms.toExponential(1)}`;
      const best = `${(overlap * 100).toFixed(2)} % of the best ${k}`;
      figure(
        `dim ${dim} ${format}`,
        `${sizes}; ${errors}; ${best}; scan ${median(times[i]).toFixed(2)} ms`,
      );
      const isExact = componentMax <= errorMax[format] * (1 + slack);
      bar(`${format}, dim ${dim}: error of a component ≤ half a step`, isExact, smoke);
    });
  }
}

interface Copy {
  readonly format: VectorFormat;
  readonly table: EmbeddingTable;
}

function copyOf(source: EmbeddingTable, keys: BigUint64Array, format: VectorFormat): Copy {
  const table = EmbeddingTable.create(Arena.create({ sizeBytesMax: 2 ** 30 }), {
    ...{ dim: source.dim, seed: 1n, optimiser: "none", format },
    initialiser: { kind: "zeros" },
  });
  const rows = new Uint32Array(batch);
  for (let from = 0; from < keys.length; from += batch) {
    const part = keys.subarray(from, from + batch);
    const [vectors, weights] = [
      new Float32Array(part.length * source.dim),
      new Float32Array(part.length),
    ];
    source.find(part, rows);
    source.gather(rows.subarray(0, part.length), vectors, weights);
    table.assign(part, vectors, weights, 1);
  }
  return { format, table };
}

function makeQueries(dim: number): Float32Array[] {
  const random = new Random(9);
  return Array.from({ length: queryCount }, () =>
    new Float32Array(dim).map(() => random.uniform() - 0.5),
  );
}

function timesOf(copies: readonly Copy[], query: Float32Array): number[][] {
  const times = copies.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { table }] of copies.entries()) {
      const begin = performance.now();
      table.scanTop(query, k);
      times[i].push(performance.now() - begin);
    }
  }
  return times;
}

function errorsOf(
  source: EmbeddingTable,
  { table }: Copy,
  { keys, queries, exact }: { keys: BigUint64Array; queries: Float32Array[]; exact: Copy },
): { componentMax: number; scoreRms: number; overlap: number } {
  const { dim } = source;
  let componentMax = 0;
  let [errorSquares, squares, scoreCount] = [0, 0, 0];
  const rows = new Uint32Array(batch);
  for (let from = 0; from < keys.length; from += batch) {
    const part = keys.subarray(from, from + batch);
    const [wanted, got] = [source, table].map((from) => {
      const vectors = new Float32Array(part.length * dim);
      from.find(part, rows);
      from.gather(rows.subarray(0, part.length), vectors);
      return vectors;
    });
    for (let i = 0; i < part.length; i++) {
      const at = i * dim;
      let largest = 0;
      for (let d = at; d < at + dim; d++) largest = Math.max(largest, Math.abs(wanted[d]));
      for (let d = at; d < at + dim; d++) {
        componentMax = Math.max(componentMax, Math.abs(got[d] - wanted[d]) / largest);
      }
      for (const query of queries) {
        let [score, error] = [0, 0];
        for (let d = 0; d < dim; d++) {
          score += wanted[at + d] * query[d];
          error += (got[at + d] - wanted[at + d]) * query[d];
        }
        squares += score * score;
        errorSquares += error * error;
        scoreCount += 1;
      }
    }
  }
  let common = 0;
  for (const query of queries) {
    const best = new Set(exact.table.keysOf(exact.table.scanTop(query, k).rows));
    for (const key of table.keysOf(table.scanTop(query, k).rows)) if (best.has(key)) common += 1;
  }
  return {
    componentMax,
    scoreRms: Math.sqrt(errorSquares / scoreCount) / Math.sqrt(squares / scoreCount),
    overlap: common / (k * queries.length),
  };
}

function bytesAnId(table: EmbeddingTable): number {
  const { idCount, bucketBytes, rowBytes } = table.stats();
  return (bucketBytes + rowBytes) / idCount;
}
