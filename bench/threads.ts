/**
 * What do readers and the writer take from each other on two cores, and does any read see a torn row?
 *
 * One table, dim 16, a million ids, threads that attach to it. Reads are batches of 1,024 ids by Zipf's
 * law; the training writer finds or inserts 39 ids an example and takes a step of the factorisation
 * machine. Rates are of wall time, medians of rounds in turns. Every hundredth batch is proved: the row is
 * the id's.
 *
 * Torn reads: a writer gives rows from id to id as fast as it can, while four readers, more than there are
 * cores, find ids and copy their vectors within `readStable`. A vector that learned from nothing is a
 * function of its id alone, so every thread knows what it must be, to the bit. What the check is able to
 * see is shown by readers without `readStable`.
 */
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { assert } from "#foldback/core";
import { Arena, EmbeddingTable } from "#foldback/embedding";
import { FmKernel } from "#foldback/model";
import { bar, count, figure, median } from "./lib/report.ts";
import {
  type Counts,
  churnOptions,
  dim,
  featureCount,
  isRunningAt,
  type Job,
  type Role,
  stayingCount,
} from "./lib/threadsWork.ts";

const twoReadersMin = 1.7;
const besideMin = 0.75;
const verifierCount = 4;

type Shared = Pick<Job, "arena" | "table" | "fm" | "idCount">;

interface Result {
  readonly seconds: number;
  readonly counts: Counts;
}

interface Run {
  readonly results: readonly Result[];
  /** Processor time of the process, of time. */
  readonly cores: number;
}

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  await rates(smoke);
  const tornMs = smoke ? 1500 : 20_000;
  const guarded = await torn("verify", tornMs);
  const unguarded = await torn("verifyUnguarded", tornMs / 10);
  reportTorn(guarded, unguarded, smoke);
}

async function rates(smoke: boolean): Promise<void> {
  const shared = trainedTable(smoke ? 20_000 : 1_000_000);
  const control = new SharedArrayBuffer(8);
  const [first, second, trainer] = await Promise.all([
    Thread.start({ ...shared, role: "find", seed: 1, control }),
    Thread.start({ ...shared, role: "find", seed: 2, control: new SharedArrayBuffer(8) }),
    Thread.start({ ...shared, role: "train", seed: 3, control: new SharedArrayBuffer(8) }),
  ]);
  const ms = smoke ? 100 : 1000;
  // Once unmeasured, until all is compiled.
  await together([first, second, trainer], ms);
  const one: Run[] = [];
  const two: Run[] = [];
  const writer: Run[] = [];
  const both: Run[] = [];
  for (let round = 0; round < (smoke ? 1 : 7); round++) {
    one.push(await together([first], ms));
    two.push(await together([first, second], ms));
    writer.push(await together([trainer], ms));
    both.push(await together([first, trainer], ms));
  }
  await Promise.all([first, second, trainer].map((thread) => thread.end()));
  const reads = {
    one: rateOf(one, "reads"),
    two: rateOf(two, "reads"),
    both: rateOf(both, "reads"),
  };
  const steps = { alone: rateOf(writer, "examples"), both: rateOf(both, "examples") };
  figure("one reader", `${count(reads.one)} ids/s${coresOf(one)}`);
  figure("two readers", `${count(reads.two)} ids/s${coresOf(two)}`);
  figure(
    "writer",
    `${count(steps.alone)} examples/s of ${featureCount} features${coresOf(writer)}`,
  );
  figure("both", `${count(reads.both)} ids/s, ${count(steps.both)} examples/s${coresOf(both)}`);
  const limits = [
    ["two readers", "one", reads.two / reads.one, twoReadersMin],
    ["reader beside the writer", "alone", reads.both / reads.one, besideMin],
    ["writer beside the reader", "alone", steps.both / steps.alone, besideMin],
  ] as const;
  for (const [what, than, ratio, min] of limits) {
    bar(`${what} ≥ ${min} × ${than}: ${ratio.toFixed(2)}`, ratio >= min, smoke);
  }
}

/** All ids are there, and none is added: what is measured is a service that has been running. */
function trainedTable(idCount: number): Shared {
  const arena = Arena.create({ sizeBytesMax: 2 ** 30 });
  const initialiser = { kind: "constant", value: 0.01 } as const;
  const table = EmbeddingTable.create(arena, { dim, seed: 1n, initialiser });
  const keys = BigUint64Array.from({ length: idCount }, (_, i) => BigInt(i));
  table.observe(keys, new Uint32Array(idCount), 1);
  const fm = FmKernel.create(arena, {
    dim,
    featureCountMax: featureCount,
    linear: { alpha: 0.05, beta: 1, l1: 0, l2: 0 },
    bias: { alpha: 0.05, beta: 1 },
    vectors: { learningRate: 0.02, l2: 1e-6 },
  });
  return { arena: arena.share(), table: table.share(), fm: fm.share(), idCount };
}

/** The writer's counts, and those of all readers. */
async function torn(
  role: Role,
  durationMs: number,
): Promise<{ readonly writer: Counts; readonly readers: Counts }> {
  const arena = Arena.create({ sizeBytesMax: 2 ** 28 });
  const table = EmbeddingTable.create(arena, churnOptions);
  const staying = BigUint64Array.from({ length: stayingCount }, (_, i) => BigInt(i));
  table.observe(staying, new Uint32Array(stayingCount), 1);
  const shared = { arena: arena.share(), table: table.share(), idCount: stayingCount };
  const control = new SharedArrayBuffer(8);
  const jobs: Job[] = [{ ...shared, role: "churn", seed: 0, control }];
  for (let seed = 1; seed <= verifierCount; seed++) jobs.push({ ...shared, role, seed, control });
  const threads = await Promise.all(jobs.map((job) => Thread.start(job)));
  const [writer, ...readers] = (await together(threads, durationMs)).results;
  await Promise.all(threads.map((thread) => thread.end()));
  const total: Counts = {};
  for (const { counts } of readers) {
    for (const [name, value] of Object.entries(counts)) total[name] = (total[name] ?? 0) + value;
  }
  return { writer: writer.counts, readers: total };
}

function reportTorn(
  guarded: { readonly writer: Counts; readonly readers: Counts },
  unguarded: { readonly readers: Counts },
  smoke: boolean,
): void {
  const { writer, readers } = guarded;
  const handed = writer["removed"] + writer["expired"];
  figure(
    "churn",
    `${count(writer["inserted"])} ids in, ${count(handed)} out, ${writer["growths"]} growths`,
  );
  const readText = `${count(readers["reads"])} ids asked for, ${count(readers["found"])} found`;
  const retryText = `${count(readers["retries"])} retries, given up ${count(readers["gaveUp"])} times`;
  figure("readers", `${verifierCount} threads, ${readText}, ${retryText}`);
  const { torn: seen, otherKey, found } = unguarded.readers;
  const seenText = `${count(seen)} torn, ${count(otherKey)} of another id, of ${count(found)} found`;
  figure("no readStable", seenText);
  const enough = writer["growths"] > 3 && handed > 1000 && readers["found"] > 1000;
  bar("rows change hands, the table grows, readers read", enough, smoke);
  for (const name of ["torn", "otherKey", "missing"] as const) {
    const what = {
      torn: "torn vectors",
      otherKey: "rows of another id",
      missing: "staying ids missed",
    };
    bar(`${what[name]}: ${readers[name]}`, readers[name] === 0, smoke);
  }
}

/** Lets the threads work side by side. */
async function together(threads: readonly Thread[], durationMs: number): Promise<Run> {
  const begin = performance.now();
  const usedBefore = process.cpuUsage();
  for (const thread of threads) thread.go();
  await setTimeout(durationMs);
  const results = await Promise.all(threads.map((thread) => thread.stop()));
  const { user, system } = process.cpuUsage(usedBefore);
  return { results, cores: (user + system) / 1000 / (performance.now() - begin) };
}

/** A second, of all threads together, each by its own clock; the median of the runs. */
function rateOf(runs: readonly Run[], name: string): number {
  const ofRun = ({ results }: Run): number =>
    results.reduce((sum, { counts, seconds }) => sum + (counts[name] ?? 0) / seconds, 0);
  return median(runs.map(ofRun));
}

/** Fewer cores than threads: something else ran on the machine, and the rates are not the table's. */
function coresOf(runs: readonly Run[]): string {
  return `, with ${median(runs.map(({ cores }) => cores)).toFixed(2)} cores`;
}

class Thread {
  readonly #worker: Worker;
  readonly #control: Int32Array;

  private constructor(job: Job) {
    this.#worker = new Worker(new URL("./lib/threadsWorker.js", import.meta.url), {
      workerData: job,
      // Not the runner's: it starts its benches from a line of code, and this is a file.
      execArgv: ["--enable-source-maps"],
    });
    this.#control = new Int32Array(job.control);
  }

  static async start(job: Job): Promise<Thread> {
    const thread = new Thread(job);
    assert((await thread.#next()) === "ready", "a thread says first that it is ready");
    return thread;
  }

  go(): void {
    Atomics.store(this.#control, isRunningAt, 1);
    Atomics.notify(this.#control, isRunningAt);
  }

  async stop(): Promise<Result> {
    const result = this.#next();
    Atomics.store(this.#control, isRunningAt, 0);
    // Its own thread posts nothing else.
    return (await result) as Result;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  /** Fails with what the thread failed with. */
  async #next(): Promise<unknown> {
    return ((await once(this.#worker, "message")) as unknown[])[0];
  }
}
