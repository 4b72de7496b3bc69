/**
 * The backup that `gorse-cli dump` and `GET /api/dump` write: streams of protobuf messages.
 *
 * ```
 * -1  length message  length message …     users
 * -2  length message  …                    items
 * -3  length message  …                    feedback
 *  0                                       end; what comes after it is the server's own report
 * ```
 *
 * Each number is an int64, little endian: above 0 the length of a message, else what follows.
 *
 * Source: gorse-io/gorse, `master/rest.go` (dump, restore) and `protocol/protocol.proto`.
 */
import { readChunks } from "../chunks.ts";
import { type Fields } from "../eventChecks.ts";
import { unreadable } from "../eventFile.ts";
import { type ProtoField, readProto } from "./proto.ts";

export interface GorseRecord {
  /** From 1, over all streams. */
  readonly index: number;
  /** By the names of Gorse's JSON; undefined where the message is none. */
  readonly fields: Fields | undefined;
}

const endOfDump = 0n;
const readers: ReadonlyMap<bigint, (fields: readonly ProtoField[]) => Fields> = new Map([
  [-1n, user],
  [-2n, item],
  [-3n, feedback],
]);
/** Largest message: an item with an embedding among its labels has some 100 KB. */
const maxMessageBytes = 16_777_216;

/** Whether a file that begins like this is such a dump. */
export function isGorseDump(beginning: Buffer): boolean {
  return beginning.length >= 8 && readers.has(beginning.readBigInt64LE(0));
}

/**
 * Reads a dump. Memory: a chunk and a message. Fails with `FILE_UNREADABLE` where it is cut off, or no dump:
 * its messages can't be told apart any more.
 */
export async function* readGorseDump(
  path: string,
): AsyncGenerator<{ readonly records: readonly GorseRecord[]; readonly bytesRead: number }> {
  let rest: Buffer = Buffer.alloc(0);
  let read: ((fields: readonly ProtoField[]) => Fields) | undefined;
  let bytesRead = 0;
  let count = 0;
  for await (const chunk of readChunks(path)) {
    bytesRead += chunk.length;
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const records: GorseRecord[] = [];
    let at = 0;
    while (bytes.length - at >= 8) {
      const length = bytes.readBigInt64LE(at);
      if (length <= 0n) {
        if (length === endOfDump) {
          yield { records, bytesRead };
          return;
        }
        read = readers.get(length);
        if (read === undefined) throw damaged(path, bytesRead - bytes.length + at, length);
        at += 8;
        continue;
      }
      if (read === undefined || length > maxMessageBytes) {
        throw damaged(path, bytesRead - bytes.length + at, length);
      }
      const end = at + 8 + Number(length);
      if (end > bytes.length) break;
      const fields = readProto(bytes.subarray(at + 8, end));
      records.push({ index: ++count, fields: fields && read(fields) });
      at = end;
    }
    rest = bytes.subarray(at);
    yield { records, bytesRead };
  }
  throw unreadable(
    path,
    `an end after ${count} records`,
    "a dump that is whole, with its end mark",
  );
}

function damaged(path: string, offset: number, length: bigint): Error {
  const came = `${length} at byte ${offset}`;
  const allowed = `the length of a message up to ${maxMessageBytes}, -1, -2, -3, or 0 at the end`;
  return unreadable(path, came, allowed);
}

function user(fields: readonly ProtoField[]): Fields {
  return { UserId: textOf(fields, 1) };
}

function item(fields: readonly ProtoField[]): Fields {
  return {
    ItemId: textOf(fields, 2),
    IsHidden: fields.some(({ number, value }) => number === 3 && value === 1),
    Categories: fields.filter(({ number }) => number === 4).map(({ value }) => asText(value)),
    Timestamp: timeOf(fields.find(({ number }) => number === 5)),
    Labels: labelsOf(textOf(fields, 6)),
    Comment: textOf(fields, 7),
  };
}

/**
 * Fields 5 and up are told by their shape, as their numbers moved when feedback got a value: the double is
 * the value, the first message the time, and a text after it the comment. Fields that are 0 or empty are
 * not written, but the time always is.
 */
function feedback(fields: readonly ProtoField[]): Fields {
  const later = fields.filter(({ number }) => number >= 5);
  const [time, ...texts] = later.filter(({ value }) => typeof value !== "number");
  const comment = texts.at(-1);
  return {
    FeedbackType: textOf(fields, 2),
    UserId: textOf(fields, 3),
    ItemId: textOf(fields, 4),
    Value: later.find(({ value }) => typeof value === "number")?.value ?? 0,
    Timestamp: timeOf(time),
    Comment: comment === undefined ? "" : asText(comment.value),
  };
}

function textOf(fields: readonly ProtoField[], number: number): string {
  const found = fields.find((field) => field.number === number);
  return found === undefined ? "" : asText(found.value);
}

function asText(value: ProtoField["value"]): string {
  return typeof value === "number" ? String(value) : value.toString("utf8");
}

/** JSON within the message; what is none is left to be told as a label that is a text. */
function labelsOf(json: string): unknown {
  if (json === "") return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}

/** `google.protobuf.Timestamp`: seconds and nanoseconds; undefined for Go's time of the year 1. */
function timeOf(field: ProtoField | undefined): Date | undefined {
  const parts =
    field === undefined || typeof field.value === "number" ? [] : readProto(field.value);
  if (parts === undefined) return new Date(Number.NaN);
  const partOf = (number: number): number => {
    const value = parts.find((part) => part.number === number)?.value;
    return typeof value === "number" ? value : 0;
  };
  const seconds = partOf(1);
  if (seconds === secondsOfYear1) return undefined;
  return new Date(seconds * 1000 + Math.floor(partOf(2) / 1e6));
}

const secondsOfYear1 = -62_135_596_800;
