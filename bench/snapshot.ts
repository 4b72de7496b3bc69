/**
 * How long does training stand still while a snapshot of ten million rows is written?
 *
 * One thread trains (39 ids of Zipf's law an example, observed, then one step of a factorisation machine of
 * dim 16) and writes snapshots of the table between its examples, to the disk, as the engine does. A pause
 * is the time between two examples that come one after the other. Three kinds, in turns: nothing is
 * written (what the machine and the collector do alone); all of the table; only what changed since. There
 * are five rounds; the bars are for the medians of their longest pauses. The newest chain is then restored
 * into a second table, and a sample of rows compared with what they were at the moment of saving.
 */
import { statSync } from "node:fs";
import { Random } from "#foldback/core";
import { Arena, EmbeddingTable, type TableOptions } from "#foldback/embedding";
import { FmKernel } from "#foldback/model";
import { openSnapshotStore } from "#foldback/storage";
import { bar, count, figure, median, withDirectory } from "./lib/report.ts";

const dim = 16;
const featureCount = 39;
const pauseMsMax = 20;
const tableOptions: TableOptions = {
  dim,
  seed: 1n,
  initialiser: { kind: "uniform", scale: 0.05 },
  optimiser: { kind: "adagrad", learningRate: 0.05 },
};
const memoryBytesMax = 2 ** 32;
/** Examples that are watched at a time: a minute of them. */
const pausesMax = 8_000_000;

interface Watched {
  readonly longestMs: number;
  readonly p999Ms: number;
  readonly examplesPerSecond: number;
  readonly seconds: number;
}

export function run({ smoke }: { smoke: boolean }): Promise<void> {
  return withDirectory(async (directory) => {
    const idCount = smoke ? 20_000 : 10_000_000;
    const roundCount = smoke ? 1 : 5;
    const arena = Arena.create({ sizeBytesMax: smoke ? 2 ** 28 : memoryBytesMax });
    const table = EmbeddingTable.create(arena, tableOptions);
    fill(table, idCount);
    const trainer = new TrainingLoop(arena, table, idCount);
    await trainer.during(delay(smoke ? 50 : 2000)); // compiled, and warm
    const store = openSnapshotStore({ directory, keep: 1 });
    const rows = sampleOf(idCount);
    let sequence = 0;
    let saved = { vectors: new Float32Array(0), saveMs: 0, sizeBytes: 0 };
    const write = async (changesOnly: boolean): Promise<void> => {
      const vectors = new Float32Array(rows.length * dim);
      const base = changesOnly ? { base: sequence } : {};
      sequence += 1;
      let saveMs = 0;
      const writing = store.writeAlongside(
        sequence,
        (sink) => {
          table.gather(rows, vectors);
          const beganMs = performance.now();
          table.save(sink, "items.", { changesOnly });
          saveMs = performance.now() - beganMs;
        },
        base,
      );
      const { path } = await writing;
      saved = { vectors, saveMs, sizeBytes: statSync(path).size };
    };

    const kinds: Record<string, () => Promise<void>> = {
      "nothing written": () => delay(smoke ? 50 : 3000),
      "all of it": () => write(false),
      "what changed": () => write(true),
    };
    const watched: Record<string, Watched[]> = {};
    const saveMs: Record<string, number[]> = {};
    for (let round = 0; round < roundCount; round++) {
      for (const [name, kind] of Object.entries(kinds)) {
        watched[name] ??= [];
        saveMs[name] ??= [];
        watched[name].push(await trainer.during(kind()));
        if (name !== "nothing written") saveMs[name].push(saved.saveMs);
        const size = name === "nothing written" ? "" : `, ${mebibytes(saved.sizeBytes)} MiB`;
        report(name, watched[name][round], size);
      }
    }
    figure("rows", `${count(idCount)} of dim ${dim}, ${mebibytes(table.stats().rowBytes)} MiB`);
    for (const [name, times] of Object.entries(saveMs)) {
      if (times.length > 0)
        figure("save", `${name}: median ${median(times).toFixed(2)} ms of the pause`);
    }
    const before = median(watched["nothing written"].map((w) => w.examplesPerSecond));
    const during = median(watched["all of it"].map((w) => w.examplesPerSecond));
    figure("training", `${(during / before).toFixed(2)} × as fast while all of it is written`);

    const { snapshot } = store.latest();
    if (snapshot === undefined) throw new Error("there is no snapshot to restore");
    const restored = EmbeddingTable.create(
      Arena.create({ sizeBytesMax: smoke ? 2 ** 28 : memoryBytesMax }),
      tableOptions,
    );
    const beganMs = performance.now();
    restored.restore(snapshot, "items.");
    figure(
      "restore",
      `${((performance.now() - beganMs) / 1000).toFixed(2)} s, of all and its changes`,
    );
    snapshot.close();
    const vectors = new Float32Array(rows.length * dim);
    restored.gather(rows, vectors);
    let wrong = 0;
    for (const [i, value] of saved.vectors.entries()) if (vectors[i] !== value) wrong += 1;
    bar(`restored as saved: ${wrong} of ${vectors.length} components differ`, wrong === 0, smoke);
    // Of each round the longest, of the rounds the median: a machine that others share also takes the
    // thread away now and then, as the rounds show in which nothing is written.
    const longestOf = (name: string): number => median(watched[name].map((w) => w.longestMs));
    const alone = longestOf("nothing written").toFixed(1);
    for (const name of ["all of it", "what changed"]) {
      const longest = longestOf(name);
      const what = `${name}: longest pause ≤ ${pauseMsMax} ms: ${longest.toFixed(1)} (nothing written: ${alone})`;
      bar(what, longest <= pauseMsMax, smoke);
    }
  });
}

/** Trains in turns of the event loop for as long as something else takes, and watches its pauses. */
class TrainingLoop {
  readonly #table: EmbeddingTable;
  readonly #fm: FmKernel;
  readonly #keys: BigUint64Array;
  readonly #rows = new Uint32Array(featureCount);
  /** Of the right size from the start: an array that grows is copied, and that is a pause. */
  readonly #pauses = new Float64Array(pausesMax);
  #at = 0;

  constructor(arena: Arena, table: EmbeddingTable, idCount: number) {
    this.#table = table;
    this.#fm = FmKernel.create(arena, {
      dim,
      featureCountMax: featureCount,
      linear: { alpha: 0.05, beta: 1, l1: 0, l2: 0 },
      bias: { alpha: 0.05, beta: 1 },
      vectors: { learningRate: 0.02, l2: 1e-6 },
    });
    this.#keys = zipfKeys(idCount, 200_000);
  }

  async during(work: Promise<void>): Promise<Watched> {
    let isOver = false;
    const done = work.finally(() => {
      isOver = true;
    });
    const beganMs = performance.now();
    let lastMs = beganMs;
    let examples = 0;
    while (!isOver) {
      // A turn of a millisecond, then whoever else waits for this thread.
      for (const endMs = performance.now() + 1; lastMs < endMs; ) {
        this.#learnOne();
        examples += 1;
        const nowMs = performance.now();
        if (examples <= pausesMax) this.#pauses[examples - 1] = nowMs - lastMs;
        lastMs = nowMs;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    await done;
    const seconds = (performance.now() - beganMs) / 1000;
    const pauses = this.#pauses.subarray(0, Math.min(examples, pausesMax)).sort();
    return {
      longestMs: pauses[pauses.length - 1],
      p999Ms: pauses[Math.floor(0.999 * pauses.length)],
      examplesPerSecond: examples / seconds,
      seconds,
    };
  }

  #learnOne(): void {
    const from = (this.#at * featureCount) % (this.#keys.length - featureCount);
    this.#at += 1;
    this.#table.observe(
      this.#keys.subarray(from, from + featureCount),
      this.#rows,
      this.#at >>> 16,
    );
    for (let i = 0; i < featureCount; i++) this.#fm.features.set(i, this.#table, this.#rows[i], 1);
    this.#fm.learn(featureCount, { label: this.#at % 2, weight: 1, offset: 0 });
  }
}

function fill(table: EmbeddingTable, idCount: number): void {
  const keys = new BigUint64Array(100_000);
  const rows = new Uint32Array(keys.length);
  for (let from = 0; from < idCount; from += keys.length) {
    const part = keys.subarray(0, Math.min(keys.length, idCount - from));
    for (let i = 0; i < part.length; i++) part[i] = BigInt(from + i);
    table.observe(part, rows, 1);
  }
}

/** Zipf's law with exponent 1.05 over all ids, spread: popular ids do not lie side by side. */
function zipfKeys(idCount: number, length: number): BigUint64Array {
  const random = new Random(7);
  const exponent = 1.05;
  const top = (idCount + 1) ** (1 - exponent) - 1;
  const keys = new BigUint64Array(length * 5);
  for (let i = 0; i < keys.length; i++) {
    const rank = Math.floor((1 + random.uniform() * top) ** (1 / (1 - exponent)));
    keys[i] = BigInt((Math.min(rank, idCount) * 7_654_321) % idCount);
  }
  return keys;
}

function sampleOf(idCount: number): Uint32Array {
  const random = new Random(3);
  return Uint32Array.from({ length: 1000 }, () => 1 + random.below(idCount));
}

function report(name: string, watched: Watched, size: string): void {
  const { longestMs, p999Ms, examplesPerSecond, seconds } = watched;
  const pauses = `longest pause ${longestMs.toFixed(1)} ms, p99.9 ${p999Ms.toFixed(2)} ms`;
  figure(name, `${pauses}, ${count(examplesPerSecond)} examples/s, ${seconds.toFixed(1)} s${size}`);
}

function mebibytes(sizeBytes: number): string {
  return count(sizeBytes / 2 ** 20);
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
