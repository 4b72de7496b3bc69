import { Worker } from "node:worker_threads";
import { errorCodes, FoldbackError } from "../core/index.ts";

export interface WorkerThreadOptions {
  /** What it does, in a word: `training`. */
  readonly name: string;
  readonly file: URL;
  readonly workerData: unknown;
  /** Room for young objects of the thread; V8's own default without. */
  readonly youngMegabytes?: number;
}

/** A thread of the engine's: what it is asked, what it says, and how it ends. */
export class WorkerThread<Request, Report> {
  /** Settles when the thread is gone; fails with what ended it, if it was not told to stop. */
  readonly ended: Promise<void>;
  readonly #name: string;
  readonly #worker: Worker;
  readonly #listeners = new Set<(report: Report) => void>();

  constructor({ name, file, workerData, youngMegabytes }: WorkerThreadOptions) {
    this.#name = name;
    this.#worker = new Worker(file, {
      workerData,
      ...(youngMegabytes !== undefined && {
        resourceLimits: { maxYoungGenerationSizeMb: youngMegabytes },
      }),
      ...threadFlags(),
    });
    let failure: Error | undefined;
    this.#worker.once("error", (error) => {
      failure = asThrown(error, name);
    });
    // Not before "exit": until then the thread may still write into the data directory.
    this.ended = new Promise<void>((resolve, reject) => {
      this.#worker.once("exit", (code) => {
        if (code === 0) resolve();
        else reject(failure ?? new Error(`the ${name} thread ended with code ${code}`));
      });
    });
    this.#worker.on("message", (report: Report) => {
      for (const take of this.#listeners) take(report);
    });
  }

  /** Gives it all that the thread says from now on. */
  listen(take: (report: Report) => void): void {
    this.#listeners.add(take);
  }

  ask(request: Request): void {
    this.#worker.postMessage(request);
  }

  /**
   * What `pick` finds in what the thread says from now on.
   *
   * @param request asked first, where one is given.
   * @throws FoldbackError CLOSED where the thread ends before; what it failed of.
   */
  async answer<T>(pick: (report: Report) => T | undefined, request?: Request): Promise<T> {
    let take: ((report: Report) => void) | undefined;
    const answered = new Promise<T>((resolve) => {
      take = (report) => {
        const picked = pick(report);
        if (picked !== undefined) resolve(picked);
      };
      this.#listeners.add(take);
    });
    if (request !== undefined) this.ask(request);
    try {
      const answer = await Promise.race([answered, this.ended]);
      if (answer === undefined) throw new FoldbackError("CLOSED", `${this.#name} has ended`);
      return answer;
    } finally {
      if (take !== undefined) this.#listeners.delete(take);
    }
  }
}

/**
 * A thread has the flags of its process, unless it is given others. A program that was given as text says what kind of
 * text, which a thread with a file may not; but nor may it be given those of V8 (`--max-old-space-size`), which it has anyway.
 */
function threadFlags(): { readonly execArgv?: string[] } {
  const { execArgv } = process;
  if (!execArgv.some((flag) => flag.startsWith("--input-type"))) return {};
  return { execArgv: execArgv.filter((flag) => flag === "--enable-source-maps") };
}

/** An error that crosses a thread arrives as a plain `Error` with its properties. */
function asThrown(error: unknown, name: string): Error {
  if (!(error instanceof Error)) return new Error(`the ${name} thread threw ${String(error)}`);
  const code = errorCodes.find((known) => "code" in error && error.code === known);
  if (code === undefined) return error;
  return new FoldbackError(code, `${name} stopped: ${error.message}`, { cause: error });
}
