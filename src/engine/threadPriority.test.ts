import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Foldback } from "#foldback/engine";
import { smallConfig } from "../testing/smallEngine.ts";

/** Of each thread of this process: the 19th field of its `stat`, after the name, which may hold anything. */
function nicenesses(): number[] {
  return readdirSync("/proc/self/task").map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]);
  });
}

it.runIf(process.platform === "linux")(
  "of all threads, training alone lets others go first",
  async () => {
    const directory = await mkdtemp(join(tmpdir(), "foldback-priority-"));
    const before = nicenesses().filter((niceness) => niceness === 5).length;
    const engine = await Foldback.open(smallConfig(directory));
    try {
      expect(nicenesses().filter((niceness) => niceness === 5).length).toBe(before + 1);
    } finally {
      await engine.close();
      await rm(directory, { recursive: true });
    }
  },
);
