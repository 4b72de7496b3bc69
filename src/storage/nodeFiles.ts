import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  read,
  readdirSync,
  readSync,
  renameSync,
  unlinkSync,
  write,
  writeSync,
} from "node:fs";
import { open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { FoldbackError } from "../core/index.ts";
import { lockDirectory } from "./directoryLock.ts";
import type { StorageFile, StorageFiles } from "./files.ts";

/** One system call moves at most 2^31 - 1 bytes; a round number below it. */
const transferBytesMax = 1 << 30;

/** The real file system. */
export const nodeFiles: StorageFiles = {
  makeDirectory(directory) {
    guard("make the directory", directory, () => {
      const topmostMade = mkdirSync(directory, { recursive: true });
      if (topmostMade !== undefined) syncDirectorySync(dirname(topmostMade));
    });
  },
  list: (directory) => guard("list", directory, () => readdirSync(directory)),
  create: (path) => guard("create", path, () => new NodeFile(path, openSync(path, "wx+"))),
  open: (path, mode) =>
    guard("open", path, () => new NodeFile(path, openSync(path, mode === "read" ? "r" : "r+"))),
  rename: (from, to) => guard("rename", from, () => renameSync(from, to)),
  remove: (path) => guardLater("remove", path, () => unlink(path)),
  removeSync: (path) => guard("remove", path, () => unlinkSync(path)),
  syncDirectory: (directory) => guardLater("sync", directory, () => syncDirectory(directory)),
  syncDirectorySync: (directory) => guard("sync", directory, () => syncDirectorySync(directory)),
  lock: lockDirectory,
};

class NodeFile implements StorageFile {
  readonly #path: string;
  readonly #descriptor: number;
  #closed = false;

  constructor(path: string, descriptor: number) {
    this.#path = path;
    this.#descriptor = descriptor;
  }

  sizeBytes(): number {
    return guard("stat", this.#path, () => fstatSync(this.#descriptor).size);
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    let doneBytes = 0;
    while (doneBytes < into.length) {
      const wantedBytes = Math.min(into.length - doneBytes, transferBytesMax);
      const gotBytes = await this.#settle<number>("read", (done) =>
        read(this.#descriptor, into, doneBytes, wantedBytes, position + doneBytes, done),
      );
      if (gotBytes === 0) break;
      doneBytes += gotBytes;
    }
    return doneBytes;
  }

  readSync(into: Uint8Array, position: number): number {
    return guard("read", this.#path, () => {
      let doneBytes = 0;
      while (doneBytes < into.length) {
        const wantedBytes = Math.min(into.length - doneBytes, transferBytesMax);
        const at = position + doneBytes;
        const gotBytes = readSync(this.#descriptor, into, doneBytes, wantedBytes, at);
        if (gotBytes === 0) break;
        doneBytes += gotBytes;
      }
      return doneBytes;
    });
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    let doneBytes = 0;
    while (doneBytes < bytes.length) {
      const wantedBytes = Math.min(bytes.length - doneBytes, transferBytesMax);
      doneBytes += await this.#settle<number>("write", (done) =>
        write(this.#descriptor, bytes, doneBytes, wantedBytes, position + doneBytes, done),
      );
    }
  }

  writeSync(bytes: Uint8Array, position: number): void {
    guard("write", this.#path, () => {
      let doneBytes = 0;
      while (doneBytes < bytes.length) {
        const wantedBytes = Math.min(bytes.length - doneBytes, transferBytesMax);
        const at = position + doneBytes;
        doneBytes += writeSync(this.#descriptor, bytes, doneBytes, wantedBytes, at);
      }
    });
  }

  async sync(): Promise<void> {
    await this.#settle<void>("sync", (done) => fdatasync(this.#descriptor, done));
  }

  syncSync(): void {
    guard("sync", this.#path, () => fdatasyncSync(this.#descriptor));
  }

  truncate(sizeBytes: number): void {
    guard("truncate", this.#path, () => {
      ftruncateSync(this.#descriptor, sizeBytes);
      fsyncSync(this.#descriptor); // fdatasync need not keep a size that only shrank
    });
  }

  close(): void {
    if (this.#closed) return; // a closed descriptor's number may be another file's by now
    this.#closed = true;
    guard("close", this.#path, () => closeSync(this.#descriptor));
  }

  #settle<Value>(
    what: string,
    start: (done: (error: Error | null, value?: Value) => void) => void,
  ): Promise<Value> {
    return new Promise((resolve, reject) => {
      start((error, value) => {
        if (error === null)
          resolve(value as Value); // no error: the call gave its value
        else reject(unavailable(what, this.#path, error));
      });
    });
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function syncDirectorySync(directory: string): void {
  const descriptor = openSync(directory, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function guard<Value>(what: string, path: string, run: () => Value): Value {
  try {
    return run();
  } catch (cause) {
    throw unavailable(what, path, cause);
  }
}

async function guardLater(what: string, path: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (cause) {
    throw unavailable(what, path, cause);
  }
}

function unavailable(what: string, path: string, cause: unknown): FoldbackError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `could not ${what} ${path}: ${reason}; check the disk, its space and the permissions`;
  return new FoldbackError("LOG_UNAVAILABLE", message, { cause, details: { path } });
}
