/** Peers in Python: installed by the bench, in a folder that git ignores, at pinned versions. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./report.ts";

const sources = join(root, "bench", "peers");

export interface Peers {
  /** Runs `bench/peers/NAME.py` and gives what it printed. */
  readonly run: (name: string, ...args: readonly (string | number)[]) => string;
  readonly missing?: undefined;
}

/** What this machine lacks to run them. */
export interface NoPeers {
  readonly missing: string;
}

export interface PeersOptions {
  /** The file names all that is needed: what a package asks for beside that is left out. */
  readonly isComplete?: boolean;
  /** A package to compile here, by the machine's own compiler, and variables that its build goes by. */
  readonly compiled?: { readonly name: string; readonly environment: Record<string, string> };
}

/** Installs what `bench/peers/BENCH.txt` pins, unless it is there; takes minutes and the network. */
export function preparePeers(
  bench: string,
  { isComplete = false, compiled }: PeersOptions = {},
): Peers | NoPeers {
  const requirements = join(sources, `${bench}.txt`);
  const required = readFileSync(requirements, "utf8");
  const folder = join(root, "build", "peers", bench);
  const environment = join(folder, "venv");
  // The last thing that is written: what was broken off is done again.
  const installed = join(folder, "installed.txt");
  const python = join(environment, "bin", "python");
  if (!existsSync(installed) || readFileSync(installed, "utf8") !== required) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const packages = required.trim().split("\n").join(", ");
    const steps = [
      { what: "python3", command: "python3", args: ["--version"] },
      { what: "python3's venv", command: "python3", args: ["-m", "venv", environment] },
      {
        what: packages,
        command: python,
        args: [
          ...["-m", "pip", "install", "--quiet", "--disable-pip-version-check"],
          ...(isComplete ? ["--no-deps"] : []),
          ...["--only-binary", ":all:"],
          ...(compiled === undefined ? [] : ["--no-binary", compiled.name]),
          ...["--requirement", requirements],
        ],
      },
    ];
    for (const { what, command, args } of steps) {
      const reason = failure(command, args, compiled?.environment);
      if (reason !== undefined) return { missing: `${what} (${reason})` };
    }
    writeFileSync(installed, required);
  }
  return {
    run: (name, ...args) => runPython(python, [join(sources, `${name}.py`), ...args.map(String)]),
  };
}

/** Why it did not work, in its own last words; undefined if it did. */
function failure(
  command: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): string | undefined {
  try {
    execFileSync(command, args, { stdio: "pipe", env: { ...process.env, ...environment } });
    return undefined;
  } catch (error) {
    // What execFileSync throws: of a program that ran, with what it wrote.
    const { message, stderr } = error as Error & { stderr?: Buffer };
    const said = stderr?.toString().trim() ?? "";
    return said === "" ? message : said.slice(said.lastIndexOf("\n") + 1);
  }
}

/** One thread; what went wrong is the program's to say, on standard error. */
function runPython(python: string, args: readonly string[]): string {
  const one = { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };
  return execFileSync(python, args, {
    encoding: "utf8",
    env: { ...process.env, ...one, PYTHONDONTWRITEBYTECODE: "1", PYTHONHASHSEED: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
}
