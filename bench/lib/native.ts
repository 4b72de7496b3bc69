/** Programs in C++ that benches compare with: built once with the machine's own compiler, run in turns. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { root } from "./report.ts";

export interface NativeOptions {
  /** Beside `-O3 -march=native -std=c++17`. */
  readonly flags?: readonly string[];
  /** A header that is not C++'s own, as it stands between the brackets of `#include`. */
  readonly header?: string;
}

export interface NativeProgram {
  /** Runs it, and gives what it printed. */
  readonly run: (...args: readonly (string | number)[]) => string;
  readonly missing?: undefined;
}

/** What this machine lacks to build the program. */
export interface NoNative {
  readonly missing: string;
}

/**
 * Builds `bench/native/NAME.cpp` into the directory. Without a compiler or the header it says so, since a
 * bench can still give its own figures; a program that does not compile throws.
 */
export function buildNative(
  directory: string,
  name: string,
  { flags = [], header }: NativeOptions = {},
): NativeProgram | NoNative {
  const binary = join(directory, name);
  // The bench runs from build/bench; the source stays in bench.
  const source = join(root, "bench", "native", `${name}.cpp`);
  try {
    if (header !== undefined && !hasHeader(header)) return { missing: `<${header}>` };
    const options = ["-O3", "-march=native", "-std=c++17", ...flags];
    execFileSync("g++", [...options, source, "-o", binary], { stdio: "pipe" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { missing: "g++" };
    throw error;
  }
  // What went wrong is the program's to say, on standard error.
  return {
    run: (...args) =>
      execFileSync(binary, args.map(String), {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "inherit"],
      }),
  };
}

/** The one line that stands in the place of a comparison. */
export function noComparison(missing: string): string {
  return `${missing} is not on this machine: no comparison`;
}

function hasHeader(header: string): boolean {
  const input = `#if !__has_include(<${header}>)\n#error missing\n#endif\n`;
  try {
    execFileSync("g++", ["-std=c++17", "-E", "-x", "c++", "-"], { input, stdio: "pipe" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw error;
    return false;
  }
}
