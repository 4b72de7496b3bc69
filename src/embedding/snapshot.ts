/** Takes named byte sections, each name once. The `SnapshotSink` of a view fits. */
export interface SectionSink {
  write(section: string, bytes: Uint8Array): void;
}

/** Gives them back. The `SnapshotSource` of a view fits. */
export interface SectionSource {
  /** The bytes of the section; a missing one is `DATA_CORRUPT`. */
  read(section: string): Uint8Array;
}
