/** Takes named byte sections of one snapshot, in any order, each name once. */
export interface SnapshotSink {
  write(section: string, bytes: Uint8Array): void;
}

export interface SnapshotSource {
  /** The bytes of the section; a missing one is `DATA_CORRUPT`. The caller may not change them. */
  read(section: string): Uint8Array;
}
