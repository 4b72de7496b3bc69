/**
 * A disk in memory that keeps only what was synced, and can stop or fail at any operation.
 *
 * Each file has what the system shows (its page cache), what is on the disk, and the un-synced writes
 * between the two; each name is made, moved and removed in memory until its directory is synced. The
 * operations that change something are counted, so that a test can run the same work once for each of
 * them: `stopAt(7)` is a power cut at the seventh.
 *
 * As on a real system, a sync that fails takes its writes for clean: they stay visible, and no later sync
 * brings them to the disk.
 */
import { assert, FoldbackError, Random } from "../core/index.ts";
import type { DirectoryLock, StorageFile, StorageFiles } from "../storage/index.ts";

/**
 * What of the un-synced bytes and names is found after a stop: `none` of them; `all` (the process died,
 * the machine did not: they are seen, and still not on the disk); `torn`: of each write nothing, all, or
 * any sectors, and of the names any first few.
 */
export type Survival = "none" | "all" | "torn";

interface Write {
  readonly position: number;
  readonly bytes: Buffer;
}

interface Inode {
  cache: Buffer;
  disk: Buffer;
  unsynced: (Write | { readonly sizeBytes: number })[];
}

type NameChange = (names: Map<string, Inode>) => void;

const sectorBytes = 8; // tiny, so that also a small batch can be torn

export class SimulatedFiles implements StorageFiles {
  readonly #random: Random;
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  #nameChanges: NameChange[] = [];
  readonly #locks = new Set<string>();
  readonly #open = new Set<StorageFile>();
  readonly #failures = new Set<number>();
  #stopAt: { operation: number; when: "before" | "after" } | undefined;
  #operationCount = 0;
  #life = 0;
  #stopped = false;

  constructor(seed = 1) {
    this.#random = new Random(seed);
  }

  /** How many operations were begun that change something. */
  get operationCount(): number {
    return this.#operationCount;
  }

  /** How many files are open. */
  get openCount(): number {
    return this.#open.size;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** The machine stops at this operation (from 1), just before or just after it takes effect. */
  stopAt(operation: number, when: "before" | "after"): void {
    this.#stopAt = { operation, when };
  }

  /** This operation reports an error; a write may have done a part. */
  failAt(...operations: number[]): void {
    for (const operation of operations) this.#failures.add(operation);
  }

  /** Power back on: open files are gone, and of the un-synced what `survival` says. */
  restart(survival: Survival): void {
    this.#life++;
    this.#stopped = false;
    this.#stopAt = undefined;
    this.#failures.clear();
    this.#operationCount = 0;
    this.#locks.clear();
    this.#open.clear();
    if (survival === "all") return;
    const changeCount = this.#nameChanges.length;
    const keptChanges = survival === "none" ? 0 : this.#random.below(changeCount + 1);
    for (const change of this.#nameChanges.slice(0, keptChanges)) change(this.#durableNames);
    this.#nameChanges = [];
    this.#names = new Map(this.#durableNames);
    for (const inode of new Set(this.#names.values())) {
      for (const write of inode.unsynced) inode.disk = this.#survive(inode.disk, write, survival);
      inode.unsynced = [];
      inode.cache = Buffer.from(inode.disk);
    }
  }

  /** The bytes that a reader of the file sees, to look at or to damage. */
  contents(path: string): Buffer {
    return this.#inode(path).cache;
  }

  /** Puts a file there, durable. */
  put(path: string, bytes: Uint8Array): void {
    const inode = { cache: Buffer.from(bytes), disk: Buffer.from(bytes), unsynced: [] };
    this.#names.set(path, inode);
    this.#durableNames.set(path, inode);
  }

  makeDirectory(): void {
    this.#check(); // directories are only the first parts of paths
  }

  list(directory: string): string[] {
    this.#check();
    const prefix = `${directory}/`;
    const paths = [...this.#names.keys()].filter((path) => path.startsWith(prefix));
    return paths.map((path) => path.slice(prefix.length));
  }

  create(path: string): StorageFile {
    if (this.#names.has(path)) throw unavailable(`create ${path}: it is there`);
    const inode: Inode = { cache: Buffer.alloc(0), disk: Buffer.alloc(0), unsynced: [] };
    this.#changeNames(`create ${path}`, (names) => names.set(path, inode));
    return this.#handle(inode, path);
  }

  open(path: string): StorageFile {
    this.#check();
    return this.#handle(this.#inode(path), path);
  }

  rename(from: string, to: string): void {
    const inode = this.#inode(from);
    this.#changeNames(`rename ${from}`, (names) => {
      names.delete(from);
      names.set(to, inode);
    });
  }

  async remove(path: string): Promise<void> {
    this.removeSync(path);
  }

  removeSync(path: string): void {
    this.#inode(path);
    this.#changeNames(`remove ${path}`, (names) => names.delete(path));
  }

  async syncDirectory(directory: string): Promise<void> {
    this.syncDirectorySync(directory);
  }

  syncDirectorySync(directory: string): void {
    this.#operation(`sync ${directory}`, (fails) => {
      if (fails) return;
      for (const change of this.#nameChanges) change(this.#durableNames);
      this.#nameChanges = [];
    });
  }

  async lock(directory: string): Promise<DirectoryLock> {
    if (this.#locks.has(directory)) {
      throw new FoldbackError("DATA_LOCKED", `${directory} is in use`);
    }
    this.#locks.add(directory);
    return { release: () => this.#locks.delete(directory) };
  }

  #changeNames(what: string, change: NameChange): void {
    this.#operation(what, (fails) => {
      if (fails) return;
      change(this.#names);
      this.#nameChanges.push(change);
    });
  }

  #handle(inode: Inode, path: string): StorageFile {
    const life = this.#life;
    const check = (): void => {
      assert(life === this.#life, "no file stays open over a restart");
      this.#check();
    };
    const readSync = (into: Uint8Array, position: number): number => {
      check();
      return inode.cache.copy(into, 0, position);
    };
    const writeSync = (bytes: Uint8Array, position: number): void => {
      check();
      this.#operation(`write ${path}`, (fails) => {
        const doneBytes = fails ? this.#random.below(bytes.length + 1) : bytes.length;
        const write = { position, bytes: Buffer.from(bytes.subarray(0, doneBytes)) };
        inode.cache = apply(inode.cache, write);
        inode.unsynced.push(write);
      });
    };
    const syncSync = (): void => {
      check();
      this.#operation(`sync ${path}`, (fails) => {
        // Write by write: what an earlier failed sync took for clean does not come with it.
        if (!fails) inode.disk = inode.unsynced.reduce(apply, inode.disk);
        inode.unsynced = [];
      });
    };
    const handle: StorageFile = {
      sizeBytes: () => {
        check();
        return inode.cache.length;
      },
      read: async (into, position) => readSync(into, position),
      readSync,
      write: async (bytes, position) => writeSync(bytes, position),
      writeSync,
      sync: async () => syncSync(),
      syncSync,
      truncate: (sizeBytes) => {
        check();
        this.#operation(`truncate ${path}`, (fails) => {
          if (fails) return;
          inode.cache = Buffer.from(inode.cache.subarray(0, sizeBytes));
          inode.unsynced.push({ sizeBytes });
        });
        syncSync();
      },
      close: () => {
        this.#open.delete(handle);
      },
    };
    this.#open.add(handle);
    return handle;
  }

  #operation(what: string, run: (fails: boolean) => void): void {
    this.#check();
    const operation = ++this.#operationCount;
    const stops = this.#stopAt?.operation === operation ? this.#stopAt.when : undefined;
    if (stops === "before") this.#stop(what);
    const fails = this.#failures.has(operation);
    run(fails);
    if (stops === "after") this.#stop(what);
    if (fails) throw unavailable(`${what}: failed on purpose`);
  }

  #stop(what: string): never {
    this.#stopped = true;
    throw unavailable(`${what}: the machine stopped`);
  }

  #check(): void {
    if (this.#stopped) throw unavailable("the machine is stopped");
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw unavailable(`${path} is not there`);
    return inode;
  }

  #survive(disk: Buffer, write: Inode["unsynced"][number], survival: "none" | "torn"): Buffer {
    if (survival === "none") return disk;
    const fate = ["lost", "whole", "torn"][this.#random.below(3)];
    if (fate === "lost") return disk;
    if (fate === "whole" || "sizeBytes" in write) return apply(disk, write);
    let torn = disk;
    for (let at = 0; at < write.bytes.length; at += sectorBytes) {
      if (this.#random.below(2) === 0) continue;
      const bytes = write.bytes.subarray(at, at + sectorBytes);
      torn = apply(torn, { position: write.position + at, bytes });
    }
    return torn;
  }
}

function apply(bytes: Buffer, change: Inode["unsynced"][number]): Buffer {
  if ("sizeBytes" in change) return Buffer.from(bytes.subarray(0, change.sizeBytes));
  const end = change.position + change.bytes.length;
  const changed = Buffer.alloc(Math.max(bytes.length, end)); // a gap reads as zeros
  bytes.copy(changed);
  change.bytes.copy(changed, change.position);
  return changed;
}

function unavailable(message: string): FoldbackError {
  return new FoldbackError("LOG_UNAVAILABLE", message);
}
