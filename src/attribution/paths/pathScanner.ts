import { unreadable } from "../../event/index.ts";
import { ChannelBytes } from "./channelBytes.ts";
import { type PathColumns, pathColumnsOf } from "./pathColumns.ts";
import { numberOf, PathSink } from "./pathSink.ts";

const newline = 0x0a;
const carriageReturn = 0x0d;
const quote = 0x22;
const space = 0x20;
const tab = 0x09;

/** A row that is longer is a quote that was never closed. */
const rowBytesMax = 16 * 2 ** 20;

/**
 * Reads rows of paths from the bytes of a CSV file, without a text for any cell: a million paths take under a second.
 *
 * The header says the delimiter (`,`, `;` or tab) and the columns. Cells may stand in `"`, and then hold anything; `""` is one quote. Rows
 * end with \n or \r\n; blank ones are passed over. `PathSink` is the plain way to the same sums, and the oracle of the tests.
 */
export class PathScanner {
  readonly #sink: PathSink;
  readonly #file: string;
  readonly #separator: Uint8Array;
  readonly #channels: ChannelBytes;
  #columns: PathColumns | undefined;
  #width = 0;
  #delimiter = 0;
  #rest: Uint8Array = new Uint8Array(0);
  #row = 0;
  #path = new Int32Array(256);
  // The cell that was read last; without its quotes, and where it had some inside, in #unquoted.
  #cellBytes: Uint8Array = this.#rest;
  #cellFrom = 0;
  #cellTo = 0;
  #next = 0;
  #isRowEnd = false;
  #unquoted = new Uint8Array(256);
  readonly #amounts = new Float64Array(3);

  constructor(sink: PathSink, file: string) {
    this.#sink = sink;
    this.#file = file;
    this.#separator = Buffer.from(sink.separator);
    this.#channels = new ChannelBytes((name) => sink.counts.channel(name));
  }

  /** Takes the next bytes of the file. */
  push(chunk: Uint8Array): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const from = this.#scan(bytes, false);
    // A copy: the chunk may be written over.
    this.#rest = Uint8Array.prototype.slice.call(bytes, from);
    if (this.#rest.length > rowBytesMax)
      throw this.#refused("a row that does not end", "each quote closed");
  }

  end(): void {
    this.#scan(this.#rest, true);
    if (this.#columns === undefined) {
      throw unreadable(this.#file, "no rows", "a header with path, conversions, value, nulls");
    }
  }

  /** Reads all rows that are whole; gives where the rest begins. */
  #scan(bytes: Uint8Array, isEnd: boolean): number {
    let from = 0;
    if (this.#columns === undefined) {
      from = this.#readHeader(bytes, isEnd);
      if (from < 0) return 0;
    }
    while (from < bytes.length) {
      const next = this.#readRow(bytes, from, isEnd);
      if (next < 0) break;
      from = next;
    }
    return from;
  }

  #readHeader(bytes: Uint8Array, isEnd: boolean): number {
    const end = bytes.indexOf(newline);
    if (end < 0 && !isEnd) return -1;
    const line = new TextDecoder().decode(bytes.subarray(0, end < 0 ? bytes.length : end)).trim();
    if (line === "" && end < 0) return -1;
    this.#row++;
    if (line === "") return end + 1;
    const { delimiter, header } = headerOf(line);
    this.#columns = pathColumnsOf(header, this.#file);
    this.#width = header.length;
    this.#delimiter = delimiter.charCodeAt(0);
    return end < 0 ? bytes.length : end + 1;
  }

  /** Gives where the next row begins; −1 where this one is not whole. */
  #readRow(bytes: Uint8Array, from: number, isEnd: boolean): number {
    const columns = this.#columns as PathColumns; // the header was read
    const amounts = this.#amounts;
    amounts.fill(0);
    let length = -1;
    let column = 0;
    this.#next = from;
    do {
      if (!this.#readCell(bytes, this.#next, isEnd)) return -1;
      if (column === columns.path) length = this.#splitPath();
      else if (column === columns.conversions) amounts[0] = this.#readAmount(0);
      else if (column === columns.value) amounts[1] = this.#readAmount(1);
      else if (column === columns.nulls) amounts[2] = this.#readAmount(2);
      column++;
    } while (!this.#isRowEnd);
    this.#row++;
    if (column === 1 && this.#cellFrom === this.#cellTo && this.#width > 1) return this.#next;
    if (column !== this.#width) {
      throw this.#refused(`${column} cells`, `${this.#width}, as the header has`);
    }
    length = this.#sink.transform(this.#path, length);
    this.#sink.counts.add(this.#path, length, amounts[0], amounts[1], amounts[2]);
    return this.#next;
  }

  /** Sets the cell, #next and #isRowEnd; false where the cell is not whole. */
  #readCell(bytes: Uint8Array, from: number, isEnd: boolean): boolean {
    const end = bytes.length;
    if (bytes[from] === quote && from < end) return this.#readQuoted(bytes, from + 1, isEnd);
    const delimiter = this.#delimiter;
    let at = from;
    while (at < end) {
      const byte = bytes[at];
      if (byte === delimiter || byte === newline) break;
      at++;
    }
    if (at === end && !isEnd) return false;
    this.#cellBytes = bytes;
    this.#cellFrom = from;
    this.#cellTo = at;
    this.#isRowEnd = at === end || bytes[at] === newline;
    if (this.#isRowEnd && at > from && bytes[at - 1] === carriageReturn) this.#cellTo--;
    this.#next = at + 1;
    return true;
  }

  #readQuoted(bytes: Uint8Array, from: number, isEnd: boolean): boolean {
    const end = bytes.length;
    let at = from;
    let hasQuotes = false;
    for (; at < end; at++) {
      if (bytes[at] !== quote) continue;
      if (bytes[at + 1] !== quote || at + 1 === end) break;
      hasQuotes = true;
      at++;
    }
    if (at === end) {
      if (isEnd) throw this.#refused("a quote that is never closed", "each quote closed", 1);
      return false;
    }
    if (at + 2 >= end && !isEnd) return false; // what follows the quote says whether it closes
    let after = at + 1;
    if (bytes[after] === carriageReturn && (after + 1 === end || bytes[after + 1] === newline))
      after++;
    if (after < end && bytes[after] !== this.#delimiter && bytes[after] !== newline) {
      throw this.#refused("text behind a closing quote", 'a quote in a quoted cell as ""', 1);
    }
    this.#cellBytes = bytes;
    this.#cellFrom = from;
    this.#cellTo = at;
    if (hasQuotes) this.#removeQuotes();
    this.#isRowEnd = after >= end || bytes[after] === newline;
    this.#next = after + 1;
    return true;
  }

  #removeQuotes(): void {
    if (this.#unquoted.length < this.#cellTo - this.#cellFrom) {
      this.#unquoted = new Uint8Array(2 * (this.#cellTo - this.#cellFrom));
    }
    let length = 0;
    for (let at = this.#cellFrom; at < this.#cellTo; at++) {
      this.#unquoted[length++] = this.#cellBytes[at];
      if (this.#cellBytes[at] === quote) at++;
    }
    this.#cellBytes = this.#unquoted;
    this.#cellFrom = 0;
    this.#cellTo = length;
  }

  /** Writes the channels of the cell to #path; gives how many. */
  #splitPath(): number {
    const bytes = this.#cellBytes;
    const to = this.#cellTo;
    const separator = this.#separator;
    const size = separator.length;
    const first = separator[0];
    let length = 0;
    let from = this.#cellFrom;
    let at = from;
    while (at <= to) {
      if (at < to && (bytes[at] !== first || !isAt(bytes, at, to, separator))) {
        at++;
        continue;
      }
      let begin = from;
      let end = at;
      while (begin < end && isBlank(bytes[begin])) begin++;
      while (end > begin && isBlank(bytes[end - 1])) end--;
      if (end > begin) {
        if (length === this.#path.length) this.#path = doubled(this.#path);
        this.#path[length++] = this.#channelOf(bytes, begin, end);
      }
      if (at === to) break;
      at += size;
      from = at;
    }
    return length;
  }

  #channelOf(bytes: Uint8Array, from: number, to: number): number {
    try {
      return this.#channels.numberOf(bytes, from, to);
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      throw this.#refused("a channel that is no UTF-8", "UTF-8 text", 1, cause);
    }
  }

  #readAmount(which: 0 | 1 | 2): number {
    const bytes = this.#cellBytes;
    let digits = 0;
    let point = -1;
    let at = this.#cellFrom;
    for (; at < this.#cellTo; at++) {
      const digit = bytes[at] - 0x30;
      if (digit >= 0 && digit <= 9) digits = digits * 10 + digit;
      else if (bytes[at] === 0x2e && point < 0 && at > this.#cellFrom) point = at;
      else break;
    }
    // Up to 15 digits are below 2^53, and the power of ten is exact: so the quotient is the nearest float64, as Number gives it.
    if (at === this.#cellTo && at - this.#cellFrom <= 15) {
      return point < 0 ? digits : digits / 10 ** (this.#cellTo - 1 - point);
    }
    const text = new TextDecoder().decode(bytes.subarray(this.#cellFrom, this.#cellTo));
    const number = numberOf(text);
    if (number === undefined || (which !== 1 && number < 0)) {
      throw this.#sink.refusedAmount(which, text, this.#row + 1);
    }
    return number;
  }

  #refused(came: string, allowed: string, rowsAhead = 0, cause?: unknown): Error {
    return unreadable(`${this.#file}, row ${this.#row + rowsAhead}`, came, allowed, cause);
  }
}

function isAt(bytes: Uint8Array, at: number, to: number, separator: Uint8Array): boolean {
  if (at + separator.length > to) return false;
  for (let place = 1; place < separator.length; place++) {
    if (bytes[at + place] !== separator[place]) return false;
  }
  return true;
}

function isBlank(byte: number): boolean {
  return byte === space || byte === tab || byte === carriageReturn || byte === newline;
}

/** The delimiter is the one that cuts the line into the most cells. */
export function headerOf(line: string): { delimiter: string; header: string[] } {
  let delimiter = ",";
  for (const other of [";", "\t"]) {
    if (line.split(other).length > line.split(delimiter).length) delimiter = other;
  }
  const header = line
    .replace(/^\ufeff/, "")
    .split(delimiter)
    .map((name) => name.trim().replace(/^"(.*)"$/, "$1"));
  return { delimiter, header };
}

function doubled(path: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(path.length * 2);
  larger.set(path);
  return larger;
}
