/**
 * A snapshot: named byte sections in one file, checked whole before any of it is used.
 *
 * Bytes, little-endian:
 *
 *     0      4 B  FB 46 56 31: 0xFB (in no UTF-8 text), "FV", version 1
 *     4      u32  0
 *     8      u64  sequence
 *    16           the sections' bytes, one after the other, as they were written
 *     f      u32  how many sections, then for each:
 *                   u16 length of its name, the name in UTF-8, u64 position, u64 length, u32 CRC-32
 *  end − 16  u64  f
 *  end −  8  u32  CRC-32 of the header, of everything from f to here: so, by the sections' own, of all
 *  end −  4  4 B  FB 46 56 45: "FVE"
 *
 * What is at the end is written last, so that a section can be of any length and none is held twice.
 */
import { crc32 } from "node:zlib";
import { assert, FoldbackError } from "../core/index.ts";
import { corrupt, readUint53, writeUint53 } from "./bytes.ts";
import type { StorageFile } from "./files.ts";
import type { SnapshotSink, SnapshotSource } from "./snapshot.ts";

interface Section {
  readonly position: number;
  readonly sizeBytes: number;
  readonly crc: number;
}

const magic = 0x31_56_46_fb;
const endMagic = 0x45_56_46_fb;
const headerBytes = 16;
const trailerBytes = 16;
const entryFixedBytes = 2 + 8 + 8 + 4;
const chunkBytes = 1024 * 1024; // one read while checking; larger ones were no faster

/** Writes a snapshot's bytes; what makes them durable is the caller's. */
export class SnapshotWriter implements SnapshotSink {
  readonly #file: StorageFile;
  readonly #header = Buffer.alloc(headerBytes);
  readonly #sections = new Map<string, Section>();
  #position = headerBytes;

  constructor(file: StorageFile, sequence: number) {
    this.#file = file;
    this.#header.writeUInt32LE(magic, 0);
    writeUint53(sequence, this.#header, 8);
    file.writeSync(this.#header, 0);
  }

  write(section: string, bytes: Uint8Array): void {
    assert(!this.#sections.has(section), `section ${section} is written once`);
    const position = this.#position;
    this.#file.writeSync(bytes, position);
    this.#sections.set(section, { position, sizeBytes: bytes.length, crc: crc32(bytes) });
    this.#position += bytes.length;
  }

  /** Writes the table of sections; returns the size of the file. */
  finish(): number {
    const footer = Buffer.concat([encodeTable(this.#sections), Buffer.alloc(trailerBytes)]);
    const end = footer.length;
    writeUint53(this.#position, footer, end - 16);
    footer.writeUInt32LE(crc32(footer.subarray(0, end - 8), crc32(this.#header)), end - 8);
    footer.writeUInt32LE(endMagic, end - 4);
    this.#file.writeSync(footer, this.#position);
    return this.#position + end;
  }
}

/** An open snapshot whose every byte was found to match its checksum. */
export class SnapshotReader implements SnapshotSource {
  readonly sequence: number;
  readonly #file: StorageFile;
  readonly #path: string;
  readonly #sections: ReadonlyMap<string, Section>;

  /**
   * Reads all of it once.
   *
   * @throws DATA_CORRUPT naming the byte and what is wrong there.
   */
  constructor(file: StorageFile, path: string) {
    this.#file = file;
    this.#path = path;
    const sizeBytes = file.sizeBytes();
    if (sizeBytes < headerBytes + 4 + trailerBytes) {
      throw corrupt(path, sizeBytes, "it ends here, before any snapshot can");
    }
    const header = readPart(file, 0, headerBytes);
    if (header.readUInt32LE(0) !== magic) {
      throw corrupt(path, 0, "it does not begin as a snapshot of format version 1");
    }
    const trailer = readPart(file, sizeBytes - trailerBytes, trailerBytes);
    if (trailer.readUInt32LE(12) !== endMagic) {
      throw corrupt(path, sizeBytes - 4, "it does not end as a snapshot does; its end is missing");
    }
    const footerAt = readUint53(trailer, 0);
    if (footerAt < headerBytes || footerAt > sizeBytes - trailerBytes - 4) {
      throw corrupt(path, sizeBytes - trailerBytes, `its table cannot be at byte ${footerAt}`);
    }
    const footer = readPart(file, footerAt, sizeBytes - 8 - footerAt);
    if (crc32(footer, crc32(header)) !== trailer.readUInt32LE(8)) {
      throw corrupt(path, footerAt, "its header and table do not match their checksum");
    }
    this.sequence = readUint53(header, 8);
    this.#sections = decodeTable(footer);
    for (const [name, section] of this.#sections) this.#check(name, section);
  }

  read(section: string): Uint8Array {
    const entry = this.#sections.get(section);
    if (entry === undefined) {
      const names = [...this.#sections.keys()].join(", ");
      const message = `${this.#path} has no section ${section}; it has ${names || "none"}`;
      throw new FoldbackError("DATA_CORRUPT", message, { details: { path: this.#path, section } });
    }
    const bytes = new Uint8Array(entry.sizeBytes);
    const gotBytes = this.#file.readSync(bytes, entry.position);
    if (gotBytes !== bytes.length || crc32(bytes) !== entry.crc) {
      throw corrupt(this.#path, entry.position, `section ${section} changed since it was checked`);
    }
    return bytes;
  }

  close(): void {
    this.#file.close();
  }

  #check(name: string, section: Section): void {
    let crc = 0;
    for (let done = 0; done < section.sizeBytes; done += chunkBytes) {
      const wantedBytes = Math.min(chunkBytes, section.sizeBytes - done);
      crc = crc32(readPart(this.#file, section.position + done, wantedBytes), crc);
    }
    if (crc !== section.crc) {
      throw corrupt(this.#path, section.position, `section ${name} does not match its checksum`);
    }
  }
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
function decodeTable(table: Buffer): Map<string, Section> {
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

/** Fewer bytes than wanted where the file is shorter; the checksum then does not match. */
function readPart(file: StorageFile, position: number, sizeBytes: number): Buffer {
  const bytes = Buffer.allocUnsafe(sizeBytes);
  return bytes.subarray(0, file.readSync(bytes, position));
}
