/** A table in the snapshot store's files: a damaged file is refused by name, and the one before used. */
import { createHash } from "node:crypto";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openSnapshotStore } from "../storage/index.ts";
import { MemorySnapshot } from "../testing/memorySnapshot.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";
import { Arena, EmbeddingTable } from "./index.ts";

function makeTable(): EmbeddingTable {
  const arena = Arena.create({ sizeBytesMax: 32 * 1_048_576 });
  return EmbeddingTable.create(arena, { dim: 8, seed: 5n, admitAfter: 2 });
}

function live(table: EmbeddingTable, from: number, to: number): void {
  for (let step = from; step < to; step++) {
    const row = table.observeOne(BigInt((step * 31) % 4001), 1000 + step);
    table.update(Uint32Array.of(row), new Float32Array(8).fill((step % 5) - 2));
  }
}

function digestOf(table: EmbeddingTable): string {
  const snapshot = new MemorySnapshot();
  table.save(snapshot, "");
  const hash = createHash("sha256");
  for (const [name, bytes] of snapshot.sections) hash.update(name).update(bytes);
  return hash.digest("hex");
}

describe("in files", () => {
  it("a damaged snapshot is refused by name, the one before is used, with what it is based on", () => {
    const directory = join(temporaryDirectory(), "snapshots");
    const store = openSnapshotStore({ directory, keep: 3 });
    const table = makeTable();
    const twin = makeTable(); // saved in full, so that it knows what each should be
    const expected: string[] = [];
    const paths: string[] = [];
    for (let link = 0; link < 3; link++) {
      for (const one of [table, twin]) live(one, link * 3000, (link + 1) * 3000);
      expected.push(digestOf(twin));
      const written = store.write(
        link + 1,
        (sink) => table.save(sink, "items.", { changesOnly: true }),
        link === 0 ? {} : { base: link },
      );
      paths.push(written.path);
    }
    const newest = (): { sequence: number; refused: string[] } => {
      const { snapshot, refused } = openSnapshotStore({ directory, keep: 3 }).latest();
      if (snapshot === undefined) return { sequence: 0, refused: refused.map(({ path }) => path) };
      const { sequence } = snapshot;
      const restored = makeTable();
      restored.restore(snapshot, "items.");
      snapshot.close();
      expect(digestOf(restored)).toBe(expected[sequence - 1]);
      for (const { reason } of refused) expect(reason.length).toBeGreaterThan(10);
      return { sequence, refused: refused.map(({ path }) => path) };
    };
    expect(newest()).toEqual({ sequence: 3, refused: [] });

    const good = paths.map((path) => readFileSync(path));
    const third = good[2];
    for (let at = 0; at < third.length; at += Math.ceil(third.length / 23)) {
      // A file of records alone is long: 23 places of it.
      const flipped = Buffer.from(third);
      flipped[at] ^= 1 << (at % 8);
      writeFileSync(paths[2], flipped);
      expect(newest()).toEqual({ sequence: 2, refused: [paths[2]] });
    }
    for (const sizeBytes of [third.length - 1, Math.floor(third.length / 2), 10, 0]) {
      writeFileSync(paths[2], third);
      truncateSync(paths[2], sizeBytes);
      expect(newest()).toEqual({ sequence: 2, refused: [paths[2]] });
    }
    // What all are based on is torn: none is left.
    writeFileSync(paths[2], third);
    truncateSync(paths[0], good[0].length - 7);
    expect(newest()).toMatchObject({ sequence: 0 });
    writeFileSync(paths[0], good[0]);
    expect(newest()).toEqual({ sequence: 3, refused: [] });
  });
});
