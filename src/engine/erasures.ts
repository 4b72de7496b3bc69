import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { FoldbackError } from "../core/index.ts";
import { type Event, eventKey, linkedAccount } from "../event/index.ts";
import type { EmbeddedLog } from "../log/index.ts";
import { nodeFiles } from "../storage/index.ts";
import { accountLengthMax, isAccountName } from "./accountName.ts";
import type { ErasureReport } from "./foldbackTypes.ts";

/** One pass over the log serves all accounts of a call. */
const accountsMax = 1000;

export interface ErasureParts {
  readonly dataDirectory: string;
  readonly log: EmbeddedLog;
  readonly now: () => number;
  /** Anonymous sessions that logged in to the account: they go with it. */
  readonly sessionsOf: (accounts: readonly string[]) => Promise<readonly string[]>;
  /** Appends, and resolves with the offset after them once serving has applied them. */
  readonly append: (events: readonly Event[]) => Promise<number>;
  /** Resolves when the other threads have applied every record below it, and no snapshot is left from before. */
  readonly keepNoSnapshotBefore: (offset: number) => Promise<unknown>;
}

/**
 * Forgets accounts: all that is kept under their names.
 *
 * ```
 * note on disk ─► `erase` in the log ─► histories, rows go ─► new snapshot, older ones go
 *              ─► events of theirs in the log are blank, `erase` too ─► note goes
 * ```
 *
 * The note is there for a crash: what was begun is ended after the next open, from the start, which does
 * nothing a second time. What the account does after the call is an account's that nobody knew.
 */
export class Erasures {
  readonly #parts: ErasureParts;
  readonly #directory: string;
  /** Of which threads may know still what an `erase` on its way will take from them. */
  readonly #leaving = new Set<string>();
  /** One after the other: each takes a snapshot and a pass over the log. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: ErasureParts) {
    this.#parts = parts;
    this.#directory = join(parts.dataDirectory, "erasures");
  }

  /** @throws FoldbackError REQUEST_INVALID: then nothing was begun. */
  async erase(accounts: readonly string[]): Promise<ErasureReport> {
    checkAccounts(accounts);
    const all = [...new Set([...accounts, ...(await this.#parts.sessionsOf(accounts))])];
    const path = await this.#note(all);
    return { ...(await this.#enqueue(path, all)), accounts: new Set(accounts).size };
  }

  /** Whether what a thread says of the account now was said before its `erase` came there, and must not go into the log after it. */
  isLeaving(account: string): boolean {
    return this.#leaving.has(account);
  }

  /** Ends what an earlier process began. */
  async resume(): Promise<void> {
    nodeFiles.makeDirectory(this.#directory);
    for (const name of nodeFiles.list(this.#directory)) {
      const path = join(this.#directory, name);
      const accounts = readNote(path);
      // A note that is not whole was not on disk yet, and nothing was begun.
      if (accounts === undefined) nodeFiles.removeSync(path);
      else await this.#enqueue(path, accounts);
    }
  }

  #enqueue(path: string, accounts: readonly string[]): Promise<Omit<ErasureReport, "accounts">> {
    const result = this.#last.then(() => this.#run(path, accounts));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #run(path: string, accounts: readonly string[]): Promise<Omit<ErasureReport, "accounts">> {
    const { append, keepNoSnapshotBefore, log, now } = this.#parts;
    const beganMs = performance.now();
    for (const account of accounts) this.#leaving.add(account);
    let end = 0;
    try {
      end = await append(
        accounts.map((account): Event => ({ type: "erase", time: now(), account })),
      );
      await keepNoSnapshotBefore(end);
    } finally {
      for (const account of accounts) this.#leaving.delete(account);
    }
    const gone = new Set(accounts);
    let events = 0;
    await log.blank({
      needles: accounts,
      matches: ({ event, offset }) => {
        const isGone = offset < end && isOfAny(gone, event);
        if (isGone && event.type !== "erase") events++;
        return isGone;
      },
    });
    nodeFiles.removeSync(path);
    await nodeFiles.syncDirectory(this.#directory);
    return { events, seconds: (performance.now() - beganMs) / 1000 };
  }

  async #note(accounts: readonly string[]): Promise<string> {
    nodeFiles.makeDirectory(this.#directory);
    const path = join(this.#directory, `${randomUUID()}.json`);
    const file = nodeFiles.create(path);
    try {
      await file.write(Buffer.from(JSON.stringify(accounts)), 0);
      await file.sync();
    } finally {
      file.close();
    }
    await nodeFiles.syncDirectory(this.#directory);
    return path;
  }
}

/** Whether an event is of one of these accounts and sessions: kept under its name, or a `link` that names it as the other. */
export function isOfAny(names: ReadonlySet<string>, event: Event): boolean {
  const linked = linkedAccount(event);
  return (
    (names.has(eventKey(event)) && isOfSomebody(event)) ||
    (linked !== undefined && names.has(linked))
  );
}

/** Catalogue records are kept under their item, whose name may be that of an account. */
export function isOfSomebody({ account, session }: Event): boolean {
  return account !== undefined || session !== undefined;
}

/** Undefined where it is not whole: cut short, or, after a power cut, with a hole in it. */
function readNote(path: string): string[] | undefined {
  const file = nodeFiles.open(path, "read");
  try {
    const bytes = Buffer.alloc(file.sizeBytes());
    file.readSync(bytes, 0);
    return JSON.parse(bytes.toString()) as string[]; // a list is whole with its last bracket
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  } finally {
    file.close();
  }
}

function checkAccounts(accounts: readonly unknown[]): void {
  if (accounts.length < 1 || accounts.length > accountsMax) {
    throw new FoldbackError(
      "REQUEST_INVALID",
      `${accounts.length} accounts to erase; allowed: 1 to ${accountsMax} a call`,
    );
  }
  if (accounts.every(isAccountName)) return;
  throw new FoldbackError(
    "REQUEST_INVALID",
    `an account to erase is no name; allowed: strings of 1 to ${accountLengthMax} characters`,
  );
}
