/** The built command as a real process. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { onTestFinished } from "vitest";

const command = resolve("dist/cli/main.js"); // tests run where package.json is

export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface FoldbackProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves with the text once it stands in the output; fails when the process ends without it. */
  output(pattern: RegExp): Promise<RegExpExecArray>;
}

export interface ProcessOptions {
  readonly cwd?: string;
  /** What it reads from standard input, which then ends. */
  readonly input?: string;
  /** Beside the environment of the tests. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts `foldback` with these arguments; killed at the end of the test if it is still there. */
export function startFoldback(
  args: readonly string[],
  options: ProcessOptions = {},
): FoldbackProcess {
  const child = spawn(process.execPath, [command, ...args], {
    stdio: "pipe",
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  child.stdin.on("error", () => {}); // one that ended at once read nothing of it
  child.stdin.end(options.input ?? "");
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (text: Buffer) => {
    stdout += text.toString();
  });
  child.stderr.on("data", (text: Buffer) => {
    stderr += text.toString();
  });
  let isOver = false;
  const end = async (): Promise<Ended> => {
    const [code] = (await once(child, "close")) as [number | null];
    isOver = true;
    return { code, stdout, stderr };
  };
  const ended = end();
  return {
    child,
    ended,
    async output(pattern) {
      for (;;) {
        const found = pattern.exec(stdout);
        if (found !== null) return found;
        if (isOver) throw new Error(`it ended without ${pattern}: ${stdout}${stderr}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
  };
}

/** Runs `foldback` to its end. */
export function runFoldback(args: readonly string[], options: ProcessOptions = {}): Promise<Ended> {
  return startFoldback(args, options).ended;
}

/** The address that `foldback serve` says it listens at. */
export async function addressOf(server: FoldbackProcess): Promise<string> {
  const [, address] = await server.output(/Serving at (\S+):? /);
  return address.replace(/:$/, "");
}
