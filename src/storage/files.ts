/**
 * The little that the log and the snapshots ask of a file system, so that a test can be one that
 * loses un-synced bytes, fails a write, or stops at any operation.
 *
 * Every failure is `LOG_UNAVAILABLE` with the system's error as its cause.
 */
export interface StorageFiles {
  /** Makes the directory and those above it, durably, unless it is there. */
  makeDirectory(directory: string): void;
  /** Names (not paths) of what is in it, in no order. */
  list(directory: string): string[];
  /** A new empty file; one that is there already is a failure. */
  create(path: string): StorageFile;
  open(path: string, mode: "read" | "write"): StorageFile;
  /** Replaces `to` in one step. */
  rename(from: string, to: string): void;
  /** Giving back the room of a large file takes the system a while: hence also in the thread pool. */
  remove(path: string): Promise<void>;
  removeSync(path: string): void;
  /** Makes created, renamed and removed names in it durable. */
  syncDirectory(directory: string): Promise<void>;
  syncDirectorySync(directory: string): void;
  /**
   * Takes the directory for this opener alone until `release`.
   *
   * @throws DATA_LOCKED naming who has it.
   */
  lock(directory: string): Promise<DirectoryLock>;
}

export interface DirectoryLock {
  release(): void;
}

/**
 * One open file. Positions and sizes in bytes.
 *
 * What has a promise goes through the thread pool, so that a slow disk does not stop the thread.
 */
export interface StorageFile {
  sizeBytes(): number;
  /** Fills `into` as far as the file goes; returns how many bytes. */
  read(into: Uint8Array, position: number): Promise<number>;
  readSync(into: Uint8Array, position: number): number;
  /** Writes all of it or fails; after a failure any part of it may be in the file. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  writeSync(bytes: Uint8Array, position: number): void;
  /** Makes what was written durable (data and size: fdatasync). After a failure nothing is known. */
  sync(): Promise<void>;
  syncSync(): void;
  /** Cuts the file to this size, durably. */
  truncate(sizeBytes: number): void;
  close(): void;
}
