/** A dump has every id, with every float as it is, and is there whole or not at all. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { describe, expect, it } from "vitest";
import type { StorageFiles } from "../storage/index.ts";
import { SimulatedFiles } from "../testing/simulatedFiles.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";
import { Arena, dumpTable, EmbeddingTable, ShardedTable, type TableOptions } from "./index.ts";

const mebibyte = 1_048_576;
const options: TableOptions = {
  dim: 64,
  seed: 3n,
  admitAfter: 2,
  optimiser: { kind: "adam", learningRate: 0.01 },
};

function makeTable(own: Partial<TableOptions> = {}): EmbeddingTable {
  const arena = Arena.create({ sizeBytesMax: 64 * mebibyte });
  return EmbeddingTable.create(arena, { ...options, ...own });
}

function makeSharded(): ShardedTable {
  return ShardedTable.create({ ...options, shardCount: 3, shardBytesMax: 16 * mebibyte });
}

/** Two thirds of the ids admitted, half of those learned; ids over all 64 bits. */
function live(table: EmbeddingTable | ShardedTable, idCount: number): void {
  const keys = BigUint64Array.from({ length: idCount }, (_, i) =>
    BigInt.asUintN(64, BigInt(i) * 0x9e37_79b9_7f4a_7c15n - 1n),
  );
  const rows = new Uint32Array(idCount);
  table.observe(keys, rows, 1_700_000_000);
  table.observe(keys.subarray(0, (idCount * 2) / 3), rows, 4_294_967_294);
  const some = rows.slice(0, idCount / 3);
  const gradients = new Float32Array(some.length * table.dim).map((_, i) => Math.sin(i));
  table.update(some, gradients, { weightGradients: new Float32Array(some.length).fill(0.3) });
}

/** By key: what the table itself says, as a record has it. */
function recordsOf(table: EmbeddingTable | ShardedTable): Map<bigint, unknown> {
  const records = new Map<bigint, unknown>();
  for (const entry of table.entries()) {
    if (entry.state === "pending") records.set(entry.key, entry);
    else {
      const vectorState = entry.vectorState.map((one) => Array.from(one));
      records.set(entry.key, { ...entry, vector: Array.from(entry.vector), vectorState });
    }
  }
  return records;
}

async function readDump(path: string): Promise<Map<bigint, unknown>> {
  const records: Record<string, unknown>[] = path.endsWith(".ndjson")
    ? readFileSync(path, "utf8")
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line))
    : await parquetReadObjects({ file: await asyncBufferFromFile(path) });
  const byKey = new Map<bigint, unknown>();
  for (const record of records) {
    const { key, ...rest } = record;
    // Decimal text in NDJSON, a bigint in Parquet, where null is what is left out in NDJSON.
    expect(typeof key).toBe(path.endsWith(".ndjson") ? "string" : "bigint");
    const own = Object.entries(rest).filter(([, value]) => value !== null && value !== undefined);
    byKey.set(BigInt(String(key)), { key: BigInt(String(key)), ...Object.fromEntries(own) });
  }
  expect(byKey.size).toBe(records.length);
  return byKey;
}

for (const ending of ["ndjson", "parquet"]) {
  describe(`a dump to .${ending}`, () => {
    for (const [name, make] of [
      ["table", makeTable],
      ["table of shards", makeSharded],
    ] as const) {
      it(`has every id of a ${name}, admitted and pending, bit for bit`, async () => {
        const table = make();
        live(table, 3000); // of Parquet two row groups
        const path = join(temporaryDirectory(), `ids.${ending}`);
        expect(await dumpTable(table, path)).toEqual({ idCount: 3000 });
        const { idCount, pendingCount } = table.stats();
        expect([idCount, pendingCount]).toEqual([2000, 1000]);
        const read = await readDump(path);
        let difference: unknown;
        for (const [key, expected] of recordsOf(table)) {
          if (!isSame(read.get(key), expected)) difference ??= { expected, read: read.get(key) };
        }
        expect(difference).toBeUndefined();
        expect(read.size).toBe(3000);
      });
    }

    it("keeps the sign of 0, denormals, the largest, and what is no number", async () => {
      const table = makeTable({ dim: 8, optimiser: "none" });
      const odd = [0, -0, 2 ** -149, -(2 ** -126), 3.4028234663852886e38, NaN, Infinity, -Infinity];
      // So many equal ones that a Parquet writer might think of a dictionary, in which -0 is 0.
      const keys = BigUint64Array.from({ length: 200 }, (_, i) => 2n ** 64n - 1n - BigInt(i));
      const vectors = Float32Array.from({ length: 1600 }, (_, i) => odd[i % 8]);
      table.assign(keys, vectors, new Float32Array(200).fill(-0), 7);
      const path = join(temporaryDirectory(), `ids.${ending}`);
      await dumpTable(table, path);
      const record = (await readDump(path)).get(2n ** 64n - 1n);
      expect(record).toEqual({
        key: 2n ** 64n - 1n,
        state: "admitted",
        seenSeconds: 7,
        row: 1,
        stepCount: 0,
        weight: -0,
        vector: ending === "parquet" ? odd : [...odd.slice(0, 5), "NaN", "Infinity", "-Infinity"],
        vectorState: [],
        ftrlZ: 0,
        ftrlN: 0,
      });
    });

    it("of a table without ids is a file without records; of weights alone has empty vectors", async () => {
      const path = join(temporaryDirectory(), `ids.${ending}`);
      expect(await dumpTable(makeTable(), path)).toEqual({ idCount: 0 });
      expect((await readDump(path)).size).toBe(0);
      const table = makeTable({ dim: 0, admitAfter: 1, optimiser: "none" });
      table.observeOne(5n, 1);
      await dumpTable(table, path); // in place of the other
      expect((await readDump(path)).get(5n)).toMatchObject({ vector: [], vectorState: [] });
    });

    it("leaves what was there, and nothing beside it, whatever operation fails", async () => {
      const table = makeTable();
      live(table, 300);
      const path = `/d/ids.${ending}`;
      const prepare = async (): Promise<SimulatedFiles> => {
        const files = new SimulatedFiles();
        files.makeDirectory();
        await dumpTable(makeTable(), path, { files });
        return files;
      };
      const counting = await prepare();
      const old = bytesOf(counting, path);
      const before = counting.operationCount;
      await dumpTable(table, path, { files: counting });
      const operations = counting.operationCount - before;
      expect(bytesOf(counting, path)).not.toEqual(old);
      // The last makes the new name durable: then it is there, but perhaps not after a power cut.
      for (let failing = 1; failing < operations; failing++) {
        const files = await prepare();
        files.failAt(files.operationCount + failing);
        await expect(dumpTable(table, path, { files })).rejects.toMatchObject({
          code: "LOG_UNAVAILABLE",
        });
        expect(files.list("/d")).toEqual([`ids.${ending}`]);
        expect(bytesOf(files, path)).toEqual(old);
        expect(files.openCount).toBe(0);
      }
    });
  });
}

function bytesOf(files: StorageFiles, path: string): Uint8Array {
  const file = files.open(path, "read");
  const bytes = new Uint8Array(file.sizeBytes());
  file.readSync(bytes, 0);
  file.close();
  return bytes;
}

describe("dumpTable", () => {
  it("writes row groups of bounded size", async () => {
    const table = makeTable({ dim: 128, admitAfter: 1 });
    live(table, 3000);
    const path = join(temporaryDirectory(), "ids.parquet");
    await dumpTable(table, path);
    const metadata = await parquetMetadataAsync(await asyncBufferFromFile(path));
    expect(metadata.row_groups.map((group) => Number(group.num_rows))).toEqual([1366, 1366, 268]);
  });

  it("refuses an ending that is no format, and says which are", async () => {
    const directory = temporaryDirectory();
    for (const name of ["ids.csv", "ids", "ids.parquet.gz"]) {
      await expect(dumpTable(makeTable(), join(directory, name))).rejects.toMatchObject({
        code: "REQUEST_INVALID",
        details: { allowed: [".ndjson", ".parquet"] },
      });
    }
    expect(readdirSync(directory)).toEqual([]);
  });

  it("says when the directory can't be written", async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "file"), "");
    for (const under of ["missing", "file"]) {
      const path = join(directory, under, "ids.ndjson");
      await expect(dumpTable(makeTable(), path)).rejects.toMatchObject({
        code: "LOG_UNAVAILABLE",
        cause: expect.any(Error),
      });
      expect(existsSync(path)).toBe(false);
    }
  });

  it("is a bug while ids come and go", async () => {
    const table = makeTable();
    live(table, 3000);
    const path = join(temporaryDirectory(), "ids.ndjson");
    const dump = dumpTable(table, path);
    table.observeOne(1n, 1);
    await expect(dump).rejects.toThrow(/come and go/);
    expect(existsSync(path)).toBe(false);
  });
});

/** As `toEqual` of plain records, a hundred times as fast. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== "object" || typeof other !== "object") return Object.is(one, other);
  if (one === null || other === null) return one === other;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => isSame(Reflect.get(one, key), Reflect.get(other, key)))
  );
}
