import { FoldbackError } from "../core/index.ts";

/** Offsets and times are whole numbers below 2^53, kept as 64 bits, little-endian. */
export function writeUint53(value: number, into: Buffer, position: number): void {
  into.writeUInt32LE(value % 0x1_0000_0000, position);
  into.writeUInt32LE(Math.floor(value / 0x1_0000_0000), position + 4);
}

/** Above 2^53 (only in damaged bytes) the low bits are lost. */
export function readUint53(bytes: Buffer, position: number): number {
  return bytes.readUInt32LE(position + 4) * 0x1_0000_0000 + bytes.readUInt32LE(position);
}

export function corrupt(path: string, position: number, problem: string): FoldbackError {
  const message =
    `${path} is damaged at byte ${position}: ${problem}. No crash leaves this behind: check the disk, ` +
    `and put the file back from a copy`;
  return new FoldbackError("DATA_CORRUPT", message, { details: { path, position, problem } });
}
