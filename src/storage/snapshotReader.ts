import { crc32 } from "node:zlib";
import { assert, FoldbackError } from "../core/index.ts";
import { corrupt } from "./bytes.ts";
import type { StorageFile } from "./files.ts";
import type { SnapshotSource } from "./snapshot.ts";
import {
  decodeHeader,
  decodeTable,
  decodeTrailer,
  headerBytes,
  type Section,
  type SnapshotHeader,
  sizeBytesMin,
  trailerBytes,
} from "./snapshotFormat.ts";

const chunkBytes = 1024 * 1024; // one read while checking; larger ones were no faster

/** An open snapshot. Header and table match their checksum; `check` tells of the sections. */
export class SnapshotReader implements SnapshotSource {
  readonly path: string;
  readonly header: SnapshotHeader;
  /** Of the whole content, by which an increment knows its base. */
  readonly checksum: number;
  /** Set by who opens the chain; closed with this one. */
  base?: SnapshotReader;
  readonly #file: StorageFile;
  readonly #sections: ReadonlyMap<string, Section>;

  /**
   * Takes the file over, but where it throws: then it is the caller's to close.
   *
   * @throws DATA_CORRUPT naming the byte and what is wrong there.
   */
  constructor(file: StorageFile, path: string) {
    this.#file = file;
    this.path = path;
    const sizeBytes = file.sizeBytes();
    const header = readPart(file, 0, headerBytes);
    this.header = decodeHeader(header, path);
    if (sizeBytes < sizeBytesMin) {
      throw corrupt(path, sizeBytes, "it ends here, before any snapshot can");
    }
    const trailer = readPart(file, sizeBytes - trailerBytes, trailerBytes);
    const { footerAt, checksum } = decodeTrailer(trailer, sizeBytes, path);
    const footer = readPart(file, footerAt, sizeBytes - 8 - footerAt);
    if (crc32(footer, crc32(header)) !== checksum) {
      throw corrupt(path, footerAt, "its header and table do not match their checksum");
    }
    this.checksum = checksum;
    this.#sections = decodeTable(footer);
  }

  get sequence(): number {
    return this.header.sequence;
  }

  /**
   * Reads all of it once; not its base.
   *
   * @throws DATA_CORRUPT naming the section that does not match its checksum.
   */
  check(): void {
    for (const [name, section] of this.#sections) {
      let crc = 0;
      for (let done = 0; done < section.sizeBytes; done += chunkBytes) {
        const wantedBytes = Math.min(chunkBytes, section.sizeBytes - done);
        crc = crc32(readPart(this.#file, section.position + done, wantedBytes), crc);
      }
      if (crc !== section.crc) {
        throw corrupt(this.path, section.position, `section ${name} does not match its checksum`);
      }
    }
  }

  read(section: string): Uint8Array {
    const entry = this.#entry(section);
    const bytes = new Uint8Array(entry.sizeBytes);
    const gotBytes = this.#file.readSync(bytes, entry.position);
    if (gotBytes !== bytes.length || crc32(bytes) !== entry.crc) throw this.#changed(section);
    return bytes;
  }

  /**
   * @throws DATA_CORRUPT, instead of the last part, where the bytes changed since they were
   * checked.
   */
  readParts(section: string, partBytes: number): Iterable<Uint8Array> {
    assert(Number.isInteger(partBytes) && partBytes > 0, "a part has bytes");
    return this.#parts(section, this.#entry(section), partBytes);
  }

  /** With everything it is based on. */
  close(): void {
    this.#file.close();
    this.base?.close();
  }

  *#parts(
    section: string,
    { position, sizeBytes, crc: expected }: Section,
    partBytes: number,
  ): Generator<Uint8Array> {
    const buffer = new Uint8Array(Math.min(partBytes, sizeBytes));
    let crc = 0;
    for (let done = 0; done < sizeBytes; done += buffer.length) {
      const part = buffer.subarray(0, sizeBytes - done);
      if (this.#file.readSync(part, position + done) !== part.length) throw this.#changed(section);
      crc = crc32(part, crc);
      const isLast = done + part.length === sizeBytes;
      if (isLast && crc !== expected) throw this.#changed(section);
      yield part;
    }
  }

  #entry(section: string): Section {
    const entry = this.#sections.get(section);
    if (entry !== undefined) return entry;
    const names = [...this.#sections.keys()].join(", ");
    const message = `${this.path} has no section ${section}; it has ${names || "none"}`;
    throw new FoldbackError("DATA_CORRUPT", message, { details: { path: this.path, section } });
  }

  #changed(section: string): FoldbackError {
    const { position } = this.#entry(section);
    return corrupt(this.path, position, `section ${section} changed since it was checked`);
  }
}

/** Fewer bytes than wanted where the file is shorter; the checksum then does not match. */
function readPart(file: StorageFile, position: number, sizeBytes: number): Buffer {
  const bytes = Buffer.allocUnsafe(sizeBytes);
  return bytes.subarray(0, file.readSync(bytes, position));
}
