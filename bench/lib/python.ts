/** Programs in Python that benches compare with, in a virtual environment of their own under `var`. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { print, root } from "./report.ts";

export interface PythonProgram {
  /** Runs it, and gives what it printed. */
  readonly run: (...args: readonly (string | number)[]) => string;
  readonly missing?: undefined;
}

/** What this machine lacks to run the program. */
export interface NoPython {
  readonly missing: string;
}

/**
 * Makes ready `bench/peers/NAME.py`: an environment, if there is none yet, with the packages, by pip. Where
 * that can't be had it says so, since a bench can still give its own figures.
 *
 * @param packages as pip takes them, `name==version`; the name is what is imported.
 */
export function preparePython(name: string, packages: readonly string[]): PythonProgram | NoPython {
  const directory = join(root, "var", "bench-python");
  const python = join(directory, "bin", "python");
  try {
    if (!existsSync(python)) execFileSync("python3", ["-m", "venv", directory], { stdio: "pipe" });
  } catch {
    return { missing: "python3 with venv" };
  }
  const names = packages.map((one) => one.split("==")[0]);
  if (!canImport(python, names)) {
    print(`installing ${packages.join(" ")} for Python, once; this may take minutes`);
    try {
      execFileSync(python, ["-m", "pip", "install", "--quiet", ...packages], { stdio: "pipe" });
    } catch {
      return { missing: `${packages.join(" ")} for Python (pip could not install it)` };
    }
    if (!canImport(python, names)) return { missing: `a working ${names.join(", ")} for Python` };
  }
  const script = join(root, "bench", "peers", `${name}.py`);
  return {
    run: (...args) =>
      execFileSync(python, [script, ...args.map(String)], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "inherit"],
      }),
  };
}

function canImport(python: string, names: readonly string[]): boolean {
  try {
    execFileSync(python, ["-c", `import ${names.join(", ")}`], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}
