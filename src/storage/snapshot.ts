/**
 * What a snapshot is written into, and what it is read from: named sections of bytes.
 *
 * A small section is one array (`write`, `read`). A large one is a run of parts (`writeParts`,
 * `readParts`), so that neither side ever holds it whole; the parts may be asked for after `save`
 * has returned, so that its owner need not stand still until they are on the disk.
 */

/** Takes named byte sections of one snapshot, in any order, each name once, while `save` runs. */
export interface SnapshotSink {
  /**
   * The whole section. The sink may keep the array: the caller does not change its bytes any more.
   */
  write(section: string, bytes: Uint8Array): void;
  /**
   * The section in parts, one after the other; they may be of any sizes.
   *
   * The sink asks `parts` for its iterator at once, and for the parts either now or, one at a time
   * between other work of this thread, after `save` has returned: the owner promises that they are
   * its state as of this call, whatever it does in between. The sections are pulled in the order in
   * which they were given. A part is valid only until the next is asked for, and the sink has taken
   * its bytes before the thread does anything else: so it may be a view of memory that the owner
   * goes on to change.
   *
   * The sink pulls to the end, or calls the iterator's `return()`, once; then the owner may stop
   * keeping that state. The trap: a generator that was not begun does not run its `finally` when it
   * is returned. An owner that must hear of it gives an iterator with a `return` of its own.
   */
  writeParts(section: string, parts: Iterable<Uint8Array>): void;
}

/** Gives back what was written: bytes that were checked. */
export interface SnapshotSource {
  /** The bytes of the section; a missing one is `DATA_CORRUPT`. The caller may not change them. */
  read(section: string): Uint8Array;
  /**
   * The same in parts of `partBytes` bytes, the last one of what is left; none where it is empty.
   * Each begins at byte 0 of its buffer, is valid only until the next is asked for, and may not be
   * changed. What was written in parts of other sizes, or whole, is read in these.
   *
   * @throws DATA_CORRUPT where the section is missing.
   */
  readParts(section: string, partBytes: number): Iterable<Uint8Array>;
  /** What this one holds the changes to; not there where it holds everything. */
  readonly base?: SnapshotSource;
}
