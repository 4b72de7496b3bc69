import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import { SimulatedFiles } from "../testing/simulatedFiles.ts";
import { WatchedParts } from "../testing/snapshotParts.ts";
import type { SnapshotSink } from "./snapshot.ts";
import { openSnapshotStore } from "./snapshotStore.ts";
import type { SnapshotStore } from "./snapshotStoreTypes.ts";

const directory = "snapshots";

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function save(version: string) {
  return (sink: SnapshotSink): void => {
    sink.write("counts", text(`counts ${version}`));
    sink.write("empty", new Uint8Array(0));
    sink.write("größen/α", text(`sizes ${version}`.repeat(20)));
  };
}

/** What the newest whole snapshot says, and how many were refused before it. */
function newest(store: SnapshotStore): { version: string | undefined; refused: string[] } {
  const { snapshot, refused } = store.latest();
  const read = (section: string): string =>
    new TextDecoder().decode(snapshot?.read(section) ?? new Uint8Array(0));
  const version = snapshot === undefined ? undefined : read("counts").replace("counts ", "");
  if (version !== undefined) {
    expect(read("größen/α")).toBe(`sizes ${version}`.repeat(20));
    expect(read("empty")).toBe("");
  }
  snapshot?.close();
  return { version, refused: refused.map(({ path }) => path) };
}

test("the newest snapshot comes back with its sections, on real files", () => {
  const real = mkdtempSync(join(tmpdir(), "foldback-snapshots-"));
  const store = openSnapshotStore({ directory: join(real, "a", "b") });
  expect(store.latest()).toEqual({ snapshot: undefined, refused: [] });
  const large = new Uint8Array(3_000_000).map((_, i) => i % 251);
  store.write(5, (sink) => sink.write("large", large));
  const { path, sizeBytes } = store.write(6, (sink) =>
    sink.write(
      "large",
      large.map((v) => v ^ 1),
    ),
  );
  expect(path.endsWith("snapshot-0000000000000006")).toBe(true);
  expect(sizeBytes).toBeGreaterThan(3_000_000);
  const { snapshot } = openSnapshotStore({ directory: join(real, "a", "b") }).latest();
  expect(snapshot?.sequence).toBe(6);
  expect(
    Buffer.compare(
      snapshot?.read("large") ?? large,
      large.map((v) => v ^ 1),
    ),
  ).toBe(0);
  expect(() => snapshot?.read("other")).toThrow(expect.objectContaining({ code: "DATA_CORRUPT" }));
  snapshot?.close();
  rmSync(real, { recursive: true });
});

test("only the last ones are kept", () => {
  const files = new SimulatedFiles();
  const store = openSnapshotStore({ directory, keep: 2, files });
  for (const sequence of [3, 10, 100, 1_000]) store.write(sequence, save(String(sequence)));
  expect(files.list(directory).sort()).toEqual([
    "snapshot-0000000000000100",
    "snapshot-0000000000001000",
  ]);
  expect(newest(store)).toEqual({ version: "1000", refused: [] });
});

test("any changed byte refuses the snapshot by name, and the one before is used", () => {
  const files = new SimulatedFiles();
  const store = openSnapshotStore({ directory, files });
  store.write(1, save("one"));
  const { path, sizeBytes } = store.write(2, save("two"));
  const good = Buffer.from(files.contents(path));
  expect(good).toHaveLength(sizeBytes);
  for (let position = 0; position < sizeBytes; position++) {
    const damaged = Buffer.from(good);
    damaged[position] ^= 1 << (position % 8);
    files.put(path, damaged);
    expect(newest(store), `byte ${position}`).toEqual({ version: "one", refused: [path] });
  }
});

test("a snapshot of format version 1 is refused by that reason", () => {
  const files = new SimulatedFiles();
  const store = openSnapshotStore({ directory, files });
  const path = `${directory}/snapshot-0000000000000007`;
  // A whole one without sections, as version 1 wrote it: header, count, place of the count, checksum, end.
  const head = Buffer.from("fb465631000000000700000000000000", "hex");
  const table = Buffer.from("000000001000000000000000", "hex");
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(table, crc32(head)));
  files.put(path, Buffer.concat([head, table, checksum, Buffer.from("fb465645", "hex")]));
  const { snapshot, refused } = store.latest();
  expect(snapshot).toBeUndefined();
  expect(refused).toEqual([{ path, reason: expect.stringMatching(/version 1;.*version 2/) }]);
  expect(refused[0].reason).toContain(path);
  store.write(5, save("five"));
  expect(newest(store)).toEqual({ version: "five", refused: [path] });
});

test("a section that changes after it was checked is not given to its end", () => {
  const files = new SimulatedFiles();
  const store = openSnapshotStore({ directory, files });
  const { path } = store.write(1, (sink) => sink.write("a", new Uint8Array(100).fill(1)));
  const { snapshot } = store.latest();
  files.contents(path)[32 + 99] ^= 1;
  let givenBytes = 0;
  const readAll = (): void => {
    for (const part of snapshot?.readParts("a", 30) ?? []) givenBytes += part.length;
  };
  expect(readAll).toThrow(expect.objectContaining({ code: "DATA_CORRUPT" }));
  expect(givenBytes).toBe(90);
  expect(() => snapshot?.read("a")).toThrow(expect.objectContaining({ code: "DATA_CORRUPT" }));
  expect(() => snapshot?.readParts("b", 30)).toThrow(
    expect.objectContaining({ code: "DATA_CORRUPT" }),
  );
});

test("one that the caller has a reason against is passed over with that reason, and stays", () => {
  const files = new SimulatedFiles();
  const store = openSnapshotStore({ directory, files });
  for (const sequence of [1, 2]) store.write(sequence, save(String(sequence)));
  const { snapshot, refused } = store.latest(({ sequence }) =>
    sequence === 2 ? "too new" : undefined,
  );
  expect(snapshot?.sequence).toBe(1);
  expect(refused).toEqual([{ path: `${directory}/snapshot-0000000000000002`, reason: "too new" }]);
  expect(newest(store)).toEqual({ version: "2", refused: [] });
});

test("a snapshot that is cut short, or goes on after its end, is refused", () => {
  const files = new SimulatedFiles();
  const store = openSnapshotStore({ directory, files });
  store.write(1, save("one"));
  const { path, sizeBytes } = store.write(2, save("two"));
  const good = Buffer.from(files.contents(path));
  for (let size = 0; size < sizeBytes; size++) {
    files.put(path, good.subarray(0, size));
    expect(newest(store), `${size} bytes`).toEqual({ version: "one", refused: [path] });
  }
  files.put(path, Buffer.concat([good, Buffer.alloc(1)]));
  expect(newest(store)).toEqual({ version: "one", refused: [path] });
});

test("where all are damaged there is none, and each is named with what is wrong", () => {
  const files = new SimulatedFiles();
  const store = openSnapshotStore({ directory, files });
  for (const sequence of [1, 2]) {
    const { path } = store.write(sequence, save("x"));
    const damaged = Buffer.from(files.contents(path));
    damaged[32] ^= 1; // the first of section counts
    files.put(path, damaged);
  }
  const { snapshot, refused } = store.latest();
  expect(snapshot).toBeUndefined();
  expect(refused).toHaveLength(2);
  for (const { path, reason } of refused) {
    expect(reason).toContain(path);
    expect(reason).toContain("section counts");
  }
});

test("a new snapshot is kept even where damaged ones with larger numbers are", () => {
  const files = new SimulatedFiles();
  const store = openSnapshotStore({ directory, keep: 2, files });
  for (const sequence of [8, 9]) {
    files.put(store.write(sequence, save("x")).path, text("nothing"));
  }
  store.write(7, save("seven"));
  expect(newest(store).version).toBe("seven");
});

test("a save that throws leaves nothing behind", () => {
  const files = new SimulatedFiles();
  const store = openSnapshotStore({ directory, files });
  store.write(1, save("one"));
  const failing = (sink: SnapshotSink): void => {
    save("two")(sink);
    throw new RangeError("on purpose");
  };
  expect(() => store.write(2, failing)).toThrow(RangeError);
  expect(files.list(directory)).toEqual(["snapshot-0000000000000001"]);
});

test("a disk that fails while parts are written: their owner is told, and nothing is left", () => {
  for (const failing of [2, 3, 4, 5]) {
    const files = new SimulatedFiles();
    const store = openSnapshotStore({ directory, files });
    files.failAt(files.operationCount + failing);
    const parts = new WatchedParts([text("one"), text("two"), text("three")]);
    const write = (): unknown => store.write(1, (sink) => sink.writeParts("a", parts));
    expect(write).toThrow(expect.objectContaining({ code: "LOG_UNAVAILABLE" }));
    // Making the file and writing its header come first.
    expect(parts.pulledCount).toBe(failing - 2);
    if (failing > 2) expect(parts.isSettled).toBe(true);
    expect(files.list(directory)).toEqual([]);
    expect(files.openCount).toBe(0);
  }
});

test("stopped at any operation, the newest is the last that was finished, or the one under way", () => {
  const whole = new SimulatedFiles();
  expect(work(whole)).toBe(4);
  for (let operation = 1; operation <= whole.operationCount; operation++) {
    for (const when of ["before", "after"] as const) {
      for (const survival of ["none", "all", "torn"] as const) {
        for (let seed = 1; seed <= 5; seed++) {
          const files = new SimulatedFiles(seed);
          files.stopAt(operation, when);
          const finished = work(files);
          files.restart(survival);
          const store = openSnapshotStore({ directory, keep: 2, files });
          const { version, refused } = newest(store);
          expect(refused).toEqual([]);
          expect([finished, finished + 1]).toContain(Number(version ?? 0));
          expect(files.list(directory).filter((name) => name.endsWith(".tmp"))).toEqual([]);
        }
      }
    }
  }
});

/** Writes four snapshots; returns the last that was finished. */
function work(files: SimulatedFiles): number {
  let finished = 0;
  try {
    const store = openSnapshotStore({ directory, keep: 2, files });
    for (const sequence of [1, 2, 3, 4]) {
      store.write(sequence, save(String(sequence)));
      finished = sequence;
    }
  } catch (error) {
    expect(error).toMatchObject({ code: "LOG_UNAVAILABLE" });
  }
  return finished;
}
