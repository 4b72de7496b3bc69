/** The contestants of bench/table.ts, each started as a process of its own. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildNative, noComparison } from "./native.ts";
import { figure, root } from "./report.ts";
import { type Part, parts, type Task } from "./tableContest.ts";
import { makeMap, makeMapOfNumbers } from "./tableMaps.ts";
import { makeOurs } from "./tableOurs.ts";

export const makers = { ours: makeOurs, map: makeMap, numbers: makeMapOfNumbers };
export type Maker = keyof typeof makers;
export type PlayerName = Maker | "libcuckoo" | "locked";

export interface Player {
  readonly name: PlayerName;
  readonly title: string;
  readonly parts: readonly Part[];
  /** Runs beside the bars, in the first round only. */
  readonly isExtra: boolean;
  /** Its rows start and learn as ours do, to the last digits of float32. */
  readonly hasOurVectors: boolean;
  /** Gives what `parsePart` reads. */
  readonly play: (task: Task) => string;
}

/** Ours comes first. Without a compiler or libcuckoo it says so, and leaves those out. */
export function makePlayers(directory: string): Player[] {
  const ours = { name: "ours", title: "ours", parts, isExtra: false, hasOurVectors: true } as const;
  // Maps are asked for what their bars are about.
  const asMap = { parts: ["fill"], hasOurVectors: false } as const;
  return [
    { ...ours, play: scriptOf("ours") },
    ...nativePlayers(directory),
    { ...asMap, name: "map", title: "Map", isExtra: false, play: scriptOf("map") },
    { ...asMap, name: "numbers", title: "Map 32", isExtra: true, play: scriptOf("numbers") },
  ];
}

function nativePlayers(directory: string): Player[] {
  // Without NDEBUG libcuckoo checks itself; without no-math-errno g++ can't vectorise the square root.
  const flags = ["-DNDEBUG", "-fno-math-errno"];
  const native = buildNative(directory, "table", { flags, header: "libcuckoo/cuckoohash_map.hh" });
  if (native.missing !== undefined) {
    figure("libcuckoo", noComparison(native.missing));
    return [];
  }
  const both = { parts, hasOurVectors: true };
  const play = (mode: string) => (task: Task) =>
    native.run(task.directory, task.dim, task.part, task.keyCount, mode);
  return [
    { ...both, name: "libcuckoo", title: "libcuckoo", isExtra: false, play: play("shared") },
    { ...both, name: "locked", title: "locked", isExtra: true, play: play("locked") },
  ];
}

/** Calls `play` of bench/table.ts in another process. */
function scriptOf(maker: Maker): (task: Task) => string {
  const file = pathToFileURL(join(root, "build", "bench", "table.js")).href;
  return (task) => {
    const call = `play(${JSON.stringify(maker)}, ${JSON.stringify(task)})`;
    const code = `const { play } = await import(${JSON.stringify(file)}); ${call};`;
    // A Map of ten million bigints does not fit in the heap that Node takes by itself.
    const args = ["--max-old-space-size=8192", "--input-type=module", "--eval", code];
    return execFileSync(process.execPath, args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
  };
}
