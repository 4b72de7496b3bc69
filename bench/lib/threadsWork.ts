/** What the threads of bench/threads.ts do. Each is an object of its own over the table that all share. */
import { assert, FoldbackError, Random } from "#foldback/core";
import {
  Arena,
  EmbeddingTable,
  noRow,
  readStable,
  type SharedArena,
  type SharedTable,
  type TableOptions,
} from "#foldback/embedding";
import { FmKernel } from "#foldback/model";
import { drawer } from "./tableInput.ts";

export const dim = 16;
export const featureCount = 39;

/** What is shared, and what this thread is to do with it. */
export interface Job {
  readonly role: Role;
  readonly arena: SharedArena;
  readonly table: SharedTable;
  readonly fm?: ReturnType<FmKernel["share"]>;
  /** Ids 0 to idCount - 1 are in the table. */
  readonly idCount: number;
  readonly seed: number;
  /** Two words: `isRunningAt`, and how far the churning writer is. */
  readonly control: SharedArrayBuffer;
}

export const roles = { find, train, churn, verify, verifyUnguarded };
export type Role = keyof typeof roles;

/** Word of the control buffer: 1 while the thread is to work. */
export const isRunningAt = 0;
/** How many passing ids the churning writer has put in since it began. */
const churnedAt = 1;

/** What a thread counted in one run. */
export type Counts = Record<string, number>;

/** Works until it is told to stop, and gives what it counted. */
export type Work = (isRunning: () => boolean) => Counts;

const keysACall = 1024;
const nowSeconds = 1_700_000_000;

/** Batches of ids by Zipf's law, all of them there. */
function find(job: Job): Work {
  const table = EmbeddingTable.attach(Arena.attach(job.arena), job.table);
  const keys = drawnKeys(job, 1024 * keysACall);
  const rows = new Uint32Array(keysACall);
  return (isRunning) => {
    let reads = 0;
    let from = 0;
    while (isRunning()) {
      const batch = keys.subarray(from, from + keysACall);
      table.find(batch, rows);
      reads += keysACall;
      from = (from + keysACall) % keys.length;
      // One batch in a hundred is proved, which costs nothing that shows.
      if ((reads / keysACall) % 100 !== 1) continue;
      const found = table.keysOf(rows);
      assert(
        found.every((key, i) => key === batch[i]),
        "a reader finds each id at its row",
      );
    }
    return { reads };
  };
}

/** The training writer: ids found or inserted, then one step of the factorisation machine. */
function train(job: Job): Work {
  const arena = Arena.attach(job.arena);
  const table = EmbeddingTable.attach(arena, job.table);
  assert(job.fm !== undefined, "the trainer has its machine");
  const fm = FmKernel.attach(arena, job.fm);
  const keys = drawnKeys(job, 50_000 * featureCount);
  const random = new Random(job.seed);
  const rows = new Uint32Array(featureCount);
  let at = 0;
  return (isRunning) => {
    let examples = 0;
    while (isRunning()) {
      table.observe(keys.subarray(at, at + featureCount), rows, nowSeconds);
      for (let i = 0; i < featureCount; i++) fm.features.set(i, table, rows[i], 1);
      const label = random.uniform() < 0.25 ? 1 : 0;
      const logit = fm.learn(featureCount, { label, weight: 1, offset: 0 });
      assert(Number.isFinite(logit), "training stays finite");
      examples += 1;
      at = (at + featureCount) % keys.length;
    }
    return { examples };
  };
}

function drawnKeys({ idCount, seed }: Job, count: number): BigUint64Array {
  const draw = drawer("zipf", idCount, new Random(seed));
  return BigUint64Array.from({ length: count }, () => BigInt(draw()));
}

/** A vector is a function of its id and this seed alone, so every thread can tell what it must be. */
export const churnOptions: TableOptions = {
  dim,
  seed: 11n,
  ttlSeconds: 100,
  initialiser: { kind: "normal", scale: 1 },
  idCountExpected: 1,
};
/** Ids that are there from the start and never go. */
export const stayingCount = 500;
/** Ids that come, go, and come again. */
const passingCount = 65_536;
/** Of the ids that were put in last, so many are asked for: some are there, some are gone. */
const recentCount = 8192;
/** Inserted in a round: more as time goes, so that the table grows again and again. */
const churnMin = 50;
const churnMax = 400;
const churnRampMs = 15_000;

/**
 * The writer that gives rows from id to id. In rounds, each a second of event time: ids come; every other
 * one of those that came before is removed, the rest expire; then the staying ids are seen again, which
 * gives readers the time to finish.
 */
function churn(job: Job): Work {
  const table = EmbeddingTable.attach(Arena.attach(job.arena), job.table);
  const control = new Int32Array(job.control);
  const staying = BigUint64Array.from({ length: stayingCount }, (_, i) => BigInt(i));
  const rows = new Uint32Array(stayingCount);
  return (isRunning) => {
    const begin = Date.now();
    const growthsBefore = table.stats().growthCount;
    let rounds = 0;
    let inserted = 0;
    let removed = 0;
    let expired = 0;
    while (isRunning()) {
      rounds += 1;
      const ramp = Math.min(1, (Date.now() - begin) / churnRampMs);
      const some = Math.floor(churnMin + (churnMax - churnMin) * ramp);
      for (let i = 0; i < some; i++) table.observeOne(passingKey(inserted + i), rounds);
      for (let i = 0; i < some; i += 2) {
        if (table.remove(passingKey(inserted + i - 10 * some))) removed += 1;
      }
      inserted += some;
      Atomics.store(control, churnedAt, inserted);
      expired += table.expire(rounds, Math.ceil(table.bucketCount / 64)).length;
      for (let i = 0; i < 4; i++) table.observe(staying, rows, rounds);
    }
    const growths = table.stats().growthCount - growthsBefore;
    return { rounds, inserted, removed, expired, growths };
  };
}

/** The n-th passing id to be put in; they come round. */
function passingKey(n: number): bigint {
  return BigInt(stayingCount + (((n % passingCount) + passingCount) % passingCount));
}

function verify(job: Job): Work {
  return verifier(job, (table, read) => readStable([table], read));
}

/** The same without the guard: it shows what the check is able to see. */
function verifyUnguarded(job: Job): Work {
  return verifier(job, (_, read) => read());
}

const idsARead = 8;

/**
 * Reads what is being removed, and compares every vector with what its id's vector must be, and every
 * row's id with the one asked for. Staying ids must be found.
 */
function verifier(job: Job, guard: (table: EmbeddingTable, read: () => void) => void): Work {
  const table = EmbeddingTable.attach(Arena.attach(job.arena), job.table);
  const control = new Int32Array(job.control);
  const random = new Random(job.seed);
  const expected = expectedVectors();
  const keys = new BigUint64Array(idsARead);
  const rows = new Uint32Array(idsARead);
  const owners = new BigUint64Array(idsARead);
  const vectors = new Float32Array(idsARead * dim);
  const read = (): void => {
    table.find(keys, rows);
    for (let i = 0; i < idsARead; i++) {
      if (rows[i] === noRow) continue;
      vectors.set(table.vectorOf(rows[i]), i * dim);
      owners[i] = table.keysOf(rows.subarray(i, i + 1))[0];
    }
  };
  return (isRunning) => {
    const counts = { reads: 0, found: 0, retries: 0, gaveUp: 0, missing: 0, torn: 0, otherKey: 0 };
    while (isRunning()) {
      const churned = Atomics.load(control, churnedAt);
      for (let i = 0; i < idsARead; i++) {
        keys[i] =
          i % 2 === 0
            ? BigInt(random.below(stayingCount))
            : passingKey(churned - random.below(recentCount));
      }
      let tries = 0;
      try {
        guard(table, () => {
          tries += 1;
          read();
        });
      } catch (error) {
        if (!(error instanceof FoldbackError) || error.code !== "OVERLOADED") throw error;
        counts.gaveUp += 1;
        continue;
      }
      counts.retries += tries - 1;
      for (let i = 0; i < idsARead; i++) {
        counts.reads += 1;
        const id = Number(keys[i]);
        if (rows[i] === noRow) {
          if (id < stayingCount) counts.missing += 1;
          continue;
        }
        counts.found += 1;
        if (owners[i] !== keys[i]) counts.otherKey += 1;
        let isTorn = false;
        for (let d = 0; d < dim; d++) {
          if (vectors[i * dim + d] !== expected[id * dim + d]) isTorn = true;
        }
        if (isTorn) counts.torn += 1;
      }
    }
    return counts;
  };
}

/** By id; from a table that only this thread has. */
function expectedVectors(): Float32Array {
  const own = EmbeddingTable.create(Arena.create({ sizeBytesMax: 2 ** 26 }), churnOptions);
  const count = stayingCount + passingCount;
  const expected = new Float32Array(count * dim);
  for (let id = 0; id < count; id++) {
    expected.set(own.vectorOf(own.observeOne(BigInt(id), 1)), id * dim);
  }
  return expected;
}
