import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type KeyValues, openKeyValues } from "./keyValues.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe("the key-value store", () => {
  let directory: string;
  let store: KeyValues;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "foldback-key-values-"));
    store = await openKeyValues(join(directory, "store"));
  });
  afterEach(async () => {
    await store.close().catch(() => undefined);
    chmodSync(directory, 0o700);
    rmSync(directory, { recursive: true, force: true });
  });

  it("gives what was put, at once, while it is written and afterwards", async () => {
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 500; i++) store.put(`${round} ${i}`, bytes(round, i % 256));
      expect(store.waitingCount).toBeGreaterThan(0);
      expect(store.get(`${round} 7`)).toEqual(bytes(round, 7));
      await Promise.resolve(); // the write has begun
      for (let i = 0; i < 500; i++)
        expect(store.get(`${round} ${i}`)).toEqual(bytes(round, i % 256));
    }
    await store.flush();
    expect(store.waitingCount).toBe(0);
    expect(store.get("2 499")).toEqual(bytes(2, 243));
    expect(store.get("2 500")).toBeUndefined();
  });

  it("waits at a flush for what was put before it, also while more comes all the time", async () => {
    store.put("first", bytes(1));
    let isFlushed = false;
    const flushing = store.flush().finally(() => {
      isFlushed = true;
    });
    for (let i = 0; !isFlushed && i < 100_000; i++) {
      store.put(`later ${i}`, bytes(2));
      await nextTurn();
    }
    expect(isFlushed).toBe(true);
    await flushing;
    expect(store.waitingCount).toBeGreaterThan(0);
  });

  it("keeps the latest of a key that is put again, also while it is being written", async () => {
    store.put("a", bytes(1));
    await Promise.resolve();
    store.put("a", bytes(2));
    expect(store.get("a")).toEqual(bytes(2));
    await store.flush();
    expect(store.get("a")).toEqual(bytes(2));
  });

  it("has after a restart all that was flushed", async () => {
    for (let i = 0; i < 1000; i++) store.put(`key ${i}`, bytes(i % 256));
    await store.close();
    store = await openKeyValues(join(directory, "store"));
    for (let i = 0; i < 1000; i++) expect(store.get(`key ${i}`)).toEqual(bytes(i % 256));
  });

  it("forgets the keys below one, and no others", async () => {
    for (const key of ["a", "b", "ba", "c"]) store.put(key, bytes(1));
    await store.removeBelow("ba");
    expect(["a", "b", "ba", "c"].filter((key) => store.get(key) !== undefined)).toEqual([
      "ba",
      "c",
    ]);
  });

  it("says so when another has it open, or it can't be", async () => {
    await expect(openKeyValues(join(directory, "store"))).rejects.toMatchObject({
      code: "LOG_UNAVAILABLE",
      message: expect.stringContaining(join(directory, "store")),
    });
    await store.close();
    await expect(openKeyValues(join(process.execPath, "store"))).rejects.toMatchObject({
      code: "LOG_UNAVAILABLE",
    });
  });

  it("tells at the flush what could not be written", async () => {
    await store.flush();
    await store.close();
    store.put("late", bytes(1));
    await expect(store.flush()).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
    expect(store.waitingCount).toBe(1); // nothing is lost that was not written
  });
});
