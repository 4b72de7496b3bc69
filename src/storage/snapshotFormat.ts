/**
 * The bytes of a snapshot: named sections in one file, checked whole before any of it is used.
 *
 * Little-endian:
 *
 *     0      4 B  FB 46 56 32: 0xFB (in no UTF-8 text), "FV", format version "2"
 *     4      u32  0: it holds everything; 1: it holds the changes to another one, its base
 *     8      u64  sequence
 *    16      u64  the base's sequence         } 0 without a base
 *    24      u32  the base's own checksum     }
 *    28      u32  0
 *    32           the sections' bytes, one after the other, as they were written
 *     f      u32  how many sections, then for each:
 *                   u16 length of its name, the name in UTF-8, u64 position, u64 length, u32 CRC-32
 *  end − 16  u64  f
 *  end −  8  u32  its checksum: CRC-32 of the header and of everything from f to here; so, by the
 *                 sections' own, of all
 *  end −  4  4 B  FB 46 56 45: "FVE"
 *
 * What is at the end is written last, so that a section can be of any length and none is held
 * twice. The base is known by its checksum too: another snapshot that took its number is not taken
 * for it.
 */
import { crc32 } from "node:zlib";
import { assert, FoldbackError } from "../core/index.ts";
import { corrupt, readUint53, writeUint53 } from "./bytes.ts";

export interface Section {
  readonly position: number;
  readonly sizeBytes: number;
  readonly crc: number;
}

/** Names one snapshot by number and content. */
export interface SnapshotReference {
  readonly sequence: number;
  readonly checksum: number;
}

export interface SnapshotHeader {
  readonly sequence: number;
  /** What it holds the changes to; undefined where it holds everything. */
  readonly base: SnapshotReference | undefined;
}

const formatVersion = 2;
const family = 0x56_46_fb; // the first three bytes, of every version
const magic = (0x30 + formatVersion) * 2 ** 24 + family;
const endMagic = 0x45_56_46_fb;
export const headerBytes = 32;
export const trailerBytes = 16;
export const sizeBytesMin = headerBytes + 4 + trailerBytes;
const entryFixedBytes = 2 + 8 + 8 + 4;

/** Keeps the account of a snapshot that is written front to back: header, sections, table. */
export class SnapshotEncoder {
  /** The file's first bytes. */
  readonly header: Buffer;
  readonly #sections = new Map<string, Section>();
  #name: string | undefined;
  #crc = 0;
  #beganAt = headerBytes;
  #position = headerBytes;

  constructor({ sequence, base }: SnapshotHeader) {
    this.header = Buffer.alloc(headerBytes);
    this.header.writeUInt32LE(magic, 0);
    this.header.writeUInt32LE(base === undefined ? 0 : 1, 4);
    writeUint53(sequence, this.header, 8);
    writeUint53(base?.sequence ?? 0, this.header, 16);
    this.header.writeUInt32LE(base?.checksum ?? 0, 24);
  }

  /** What is added from here on is of this section. */
  begin(section: string): void {
    this.#end();
    assert(!this.#sections.has(section), `section ${section} is written once`);
    this.#name = section;
    this.#beganAt = this.#position;
    this.#crc = 0;
  }

  /**
   * Takes account of the next bytes of the section; returns where in the file they belong.
   * O(bytes).
   */
  add(part: Uint8Array): number {
    const position = this.#position;
    this.#crc = crc32(part, this.#crc);
    this.#position += part.length;
    return position;
  }

  /** The file's last bytes, table and trailer, and where they belong. */
  finish(): { footer: Buffer; position: number } {
    this.#end();
    const footer = Buffer.concat([encodeTable(this.#sections), Buffer.alloc(trailerBytes)]);
    const end = footer.length;
    writeUint53(this.#position, footer, end - 16);
    footer.writeUInt32LE(crc32(footer.subarray(0, end - 8), crc32(this.header)), end - 8);
    footer.writeUInt32LE(endMagic, end - 4);
    return { footer, position: this.#position };
  }

  #end(): void {
    if (this.#name === undefined) return;
    const sizeBytes = this.#position - this.#beganAt;
    this.#sections.set(this.#name, { position: this.#beganAt, sizeBytes, crc: this.#crc });
    this.#name = undefined;
  }
}

/**
 * @param header the first `headerBytes` of the file, or all of a shorter one.
 * @throws DATA_CORRUPT: no snapshot, or one of another format version, which the message names.
 */
export function decodeHeader(header: Buffer, path: string): SnapshotHeader {
  const version = header.length < 4 ? NaN : header[3] - 0x30;
  const isOfFamily = header.length >= 4 && header.readUIntLE(0, 3) === family;
  if (isOfFamily && version >= 0 && version <= 9 && version !== formatVersion) {
    throw otherVersion(path, version);
  }
  if (header.length < headerBytes) {
    throw corrupt(path, header.length, "it ends here, before any snapshot can");
  }
  if (header.readUInt32LE(0) !== magic) {
    throw corrupt(path, 0, "it does not begin as a snapshot does");
  }
  const kind = header.readUInt32LE(4);
  if (kind > 1) throw corrupt(path, 4, `its kind is ${kind}; there are 0 and 1`);
  const base = { sequence: readUint53(header, 16), checksum: header.readUInt32LE(24) };
  return { sequence: readUint53(header, 8), base: kind === 1 ? base : undefined };
}

/**
 * Where the table begins, by the last `trailerBytes` of the file.
 *
 * @throws DATA_CORRUPT.
 */
export function decodeTrailer(
  trailer: Buffer,
  sizeBytes: number,
  path: string,
): { footerAt: number; checksum: number } {
  if (trailer.readUInt32LE(12) !== endMagic) {
    throw corrupt(path, sizeBytes - 4, "it does not end as a snapshot does; its end is missing");
  }
  const footerAt = readUint53(trailer, 0);
  if (footerAt < headerBytes || footerAt > sizeBytes - trailerBytes - 4) {
    throw corrupt(path, sizeBytes - trailerBytes, `its table cannot be at byte ${footerAt}`);
  }
  return { footerAt, checksum: trailer.readUInt32LE(8) };
}

function encodeTable(sections: ReadonlyMap<string, Section>): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32LE(sections.size, 0);
  const parts = [count];
  for (const [name, section] of sections) {
    const nameBytes = Buffer.from(name, "utf8");
    const entry = Buffer.alloc(entryFixedBytes + nameBytes.length);
    entry.writeUInt16LE(nameBytes.length, 0);
    nameBytes.copy(entry, 2);
    const at = 2 + nameBytes.length;
    writeUint53(section.position, entry, at);
    writeUint53(section.sizeBytes, entry, at + 8);
    entry.writeUInt32LE(section.crc, at + 16);
    parts.push(entry);
  }
  return Buffer.concat(parts);
}

/** @param table as `encodeTable` made it: it matched its checksum. */
export function decodeTable(table: Buffer): Map<string, Section> {
  const sections = new Map<string, Section>();
  let at = 4;
  for (let left = table.readUInt32LE(0); left > 0; left--) {
    const nameBytes = table.readUInt16LE(at);
    const name = table.toString("utf8", at + 2, at + 2 + nameBytes);
    at += 2 + nameBytes;
    sections.set(name, {
      position: readUint53(table, at),
      sizeBytes: readUint53(table, at + 8),
      crc: table.readUInt32LE(at + 16),
    });
    at += 20;
  }
  return sections;
}

function otherVersion(path: string, version: number): FoldbackError {
  const message =
    `${path} is a snapshot of format version ${version}; this release reads and writes version ` +
    `${formatVersion}: restore it with the release that wrote it, or go on without it`;
  return new FoldbackError("DATA_CORRUPT", message, { details: { path, version, formatVersion } });
}
