import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockDirectory } from "./directoryLock.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "foldback-lock-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A process that holds the directory's log open, or prints why it can't, until it is killed. */
async function holder(): Promise<{ child: ChildProcess; said: string }> {
  const source = `
    const { openEmbeddedLog } = await import("#foldback/log");
    try {
      await openEmbeddedLog({ directory: process.argv[1] });
      console.log("open");
    } catch (error) {
      console.log(error.code + " " + error.details.pid);
    }
    setInterval(() => undefined, 1_000);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source, directory]);
  const [text] = (await once(child.stdout, "data")) as [Buffer];
  return { child, said: text.toString().trim() };
}

async function kill(child: ChildProcess): Promise<void> {
  const closed = once(child, "close");
  child.kill("SIGKILL");
  await closed;
}

test("a directory is held by one opener, and free again once released", async () => {
  const lock = await lockDirectory(directory);
  await expect(lockDirectory(directory)).rejects.toMatchObject({
    code: "DATA_LOCKED",
    details: { pid: process.pid },
  });
  lock.release();
  const again = await lockDirectory(directory);
  again.release();
  expect(readdirSync(directory)).toEqual([]);
});

test("of many openers at once exactly one gets it", async () => {
  for (let round = 0; round < 5; round++) {
    const attempts = await Promise.allSettled(
      Array.from({ length: 12 }, () => lockDirectory(directory)),
    );
    const locks = attempts.flatMap((attempt) =>
      attempt.status === "fulfilled" ? [attempt.value] : [],
    );
    expect(locks.length).toBeLessThanOrEqual(1);
    for (const lock of locks) lock.release();
  }
});

test("another process that is alive is named; once it is killed its lock is taken over", async () => {
  const { child, said } = await holder();
  expect(said).toBe("open");
  await expect(lockDirectory(directory)).rejects.toMatchObject({
    code: "DATA_LOCKED",
    details: { pid: child.pid },
  });
  const second = await holder();
  expect(second.said).toBe(`DATA_LOCKED ${child.pid}`);
  await Promise.all([kill(child), kill(second.child)]);
  const third = await holder();
  expect(third.said).toBe("open");
  await kill(third.child);
});

test("a process number that was given to another process does not hold the lock", async () => {
  const lock = await lockDirectory(directory);
  const [name] = readdirSync(directory);
  const claim = JSON.parse(readFileSync(join(directory, name), "utf8")) as object;
  lock.release();
  writeFileSync(join(directory, "lock-1-dead"), JSON.stringify({ ...claim, start: "1" }));
  (await lockDirectory(directory)).release();
  expect(readdirSync(directory)).toEqual([]);
});

test("a claim from another machine holds as long as it is touched", async () => {
  const path = join(directory, "lock-1-elsewhere");
  writeFileSync(path, JSON.stringify({ pid: 1, start: "1", machine: "another boot" }));
  await expect(lockDirectory(directory)).rejects.toMatchObject({ details: { pid: 1 } });
  const before = new Date(Date.now() - 21_000);
  utimesSync(path, before, before);
  (await lockDirectory(directory)).release();
});

test("a claim that was never finished holds only while it is fresh", async () => {
  const path = join(directory, "lock-1-half");
  writeFileSync(path, '{"pid":');
  await expect(lockDirectory(directory)).rejects.toMatchObject({ code: "DATA_LOCKED" });
  const before = new Date(Date.now() - 21_000);
  utimesSync(path, before, before);
  (await lockDirectory(directory)).release();
});
