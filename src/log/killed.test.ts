/** A real process, killed with SIGKILL at random moments, over and over on one directory. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Random } from "../core/index.ts";
import { readEverything } from "../testing/logRecords.ts";
import { openEmbeddedLog } from "./embeddedLog.ts";

const segmentBytesMax = 20_000;
const roundCount = 40;

/**
 * Appends calls of 1 to 20 events, three at a time, numbered on from what the log holds, and prints the
 * last number of each call once it is acknowledged. Synchronously, so that no printed line is lost.
 */
const appender = `
  import { writeSync } from "node:fs";
  const { openEmbeddedLog } = await import("#foldback/log");
  const directory = process.argv[1];
  const log = await openEmbeddedLog({ directory, segmentBytesMax: ${segmentBytesMax} });
  let next = log.stats().recordCount;
  const appendForEver = async () => {
    for (;;) {
      const size = 1 + Math.floor(Math.random() * 20);
      const first = next;
      next += size;
      const events = Array.from({ length: size }, (_, i) => ({
        id: String(first + i), type: "play", time: Date.now(), account: "a" + (i % 5), context: { first, size },
      }));
      await log.append(events);
      writeSync(1, first + size - 1 + "\\n");
    }
  };
  await Promise.all([appendForEver(), appendForEver(), appendForEver()]);
`;

test(`killed ${roundCount} times, it loses nothing acknowledged and keeps nothing by half`, async () => {
  const seed = Date.now() % 1_000_000;
  const random = new Random(seed);
  const directory = mkdtempSync(join(tmpdir(), "foldback-killed-"));
  let killedWhileAppending = 0;
  try {
    for (let round = 1; round <= roundCount; round++) {
      const where = `round ${round}, seed ${seed}`;
      const { lastAcknowledged, errors } = await appendUntilKilled(directory, random);
      expect(errors, where).toBe("");
      if (lastAcknowledged >= 0) killedWhileAppending++;
      const log = await openEmbeddedLog({ directory, segmentBytesMax });
      const records = await readEverything(log);
      await log.close();
      expect(records.length - 1, where).toBeGreaterThanOrEqual(lastAcknowledged);
      records.forEach(({ offset, event }, i) => {
        if (offset !== i || event.id !== String(i)) {
          throw new Error(`${where}: place ${i} holds offset ${offset} and id ${event.id}`);
        }
      });
      const last = records.at(-1)?.event;
      const { first, size } = last?.context ?? { first: 0, size: 0 };
      expect(Number(first) + Number(size), where).toBe(records.length);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
  expect(killedWhileAppending).toBeGreaterThan(roundCount / 4);
}, 120_000);

async function appendUntilKilled(
  directory: string,
  random: Random,
): Promise<{ lastAcknowledged: number; errors: string }> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", appender, directory]);
  let output = "";
  let errors = "";
  child.stdout.on("data", (text: Buffer) => {
    output += text.toString();
  });
  child.stderr.on("data", (text: Buffer) => {
    errors += text.toString();
  });
  // One in four dies while it starts and recovers, the others among their appends.
  if (random.below(4) > 0) await once(child.stdout, "data");
  await kill(child, random.below(60));
  const numbers = output.split("\n").slice(0, -1).map(Number);
  return { lastAcknowledged: Math.max(-1, ...numbers), errors };
}

async function kill(child: ChildProcess, afterMs: number): Promise<void> {
  const closed = once(child, "close");
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  child.kill("SIGKILL");
  await closed;
}
