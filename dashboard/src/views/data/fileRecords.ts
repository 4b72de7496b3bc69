/** Files of events, cut into parts that the service takes, without ever being in memory as a whole. */

export const formats = {
  ndjson: { name: "NDJSON", mediaType: "application/x-ndjson" },
  csv: { name: "CSV", mediaType: "text/csv" },
} as const;
export type Format = keyof typeof formats;

export interface Part {
  /** Without the header of CSV. */
  readonly records: readonly string[];
  /** The line in the file at which each begins, from 1. */
  readonly lines: readonly number[];
}

/** The service takes 5,000 events and 8 MiB of them, unless it is told otherwise. */
const partRecordsMax = 1000;
const partLengthMax = 1024 * 1024;
/** More than the largest event can have. */
const recordLengthMax = 1024 * 1024;

/** What a file is by its name, else by how it begins. @throws Error that says what to do. */
export function formatOf(name: string, beginning: string): Format {
  if (beginning.startsWith("PAR1")) {
    throw new Error(`${name} is Parquet, which \`foldback ingest\` reads, and this page does not.`);
  }
  if (/^(?:\u001f|PK\u0003)/.test(beginning)) {
    throw new Error(`${name} is packed. Unpack it first.`);
  }
  if (/\.(?:ndjson|jsonl)$/i.test(name)) return "ndjson";
  const [line] = beginning.trimStart().split(/\r?\n/, 1);
  if (line.startsWith("{")) return "ndjson";
  if (line.startsWith("[")) {
    throw new Error(`${name} begins as a list. What is read is one JSON event a line.`);
  }
  if (/\.csv$/i.test(name) || /(?:^|,)\s*"?time"?\s*(?:,|$)/i.test(line)) return "csv";
  throw new Error(
    `${name} is none of: one JSON event a line (.ndjson, .jsonl), or CSV (.csv) whose first row names its columns, \`time\` among them.`,
  );
}

/** Each record with its line; blank lines are left out. @throws Error for a record that does not end. */
export async function* recordsOf(
  stream: ReadableStream<Uint8Array>,
  format: Format,
): AsyncGenerator<{ readonly text: string; readonly line: number }> {
  let line = 0;
  let record = "";
  let firstLine = 1;
  let isQuoted = false;
  for await (const whole of linesOf(stream)) {
    line++;
    if (!isQuoted) firstLine = line;
    record += whole;
    if (record.length > recordLengthMax) throw endless(firstLine);
    if (format === "csv") isQuoted = endsQuoted(whole, isQuoted);
    if (isQuoted) continue;
    const text = record.replace(/\r?\n$/, "");
    record = "";
    if (text.trim() !== "") yield { text, line: firstLine };
  }
  if (isQuoted) throw endless(firstLine);
}

/** @returns as many as go in one request. */
export async function* partsOf(
  records: AsyncIterable<{ readonly text: string; readonly line: number }>,
): AsyncGenerator<Part> {
  let part = { records: [] as string[], lines: [] as number[] };
  let length = 0;
  for await (const { text, line } of records) {
    const isFull = part.records.length >= partRecordsMax || length + text.length > partLengthMax;
    if (isFull && part.records.length > 0) {
      yield part;
      part = { records: [], lines: [] };
      length = 0;
    }
    part.records.push(text);
    part.lines.push(line);
    length += text.length;
  }
  if (part.records.length > 0) yield part;
}

/** Lines with their ends; the last may have none. */
async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      let at = 0;
      for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n", at)) {
        yield rest.slice(at, end + 1);
        at = end + 1;
      }
      rest = rest.slice(at);
      // Without an end, whoever reads on says in which line.
      if (rest !== "" && (done || rest.length > recordLengthMax)) yield rest;
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Whether a line of CSV ends within a quoted cell. As the service reads it: a quote that does not begin a cell is text. */
function endsQuoted(line: string, wasQuoted: boolean): boolean {
  if (!wasQuoted && !line.includes('"')) return false;
  let isQuoted = wasQuoted;
  for (let at = 0; at < line.length; at++) {
    if (line[at] !== '"') continue;
    if (!isQuoted) isQuoted = at === 0 || line[at - 1] === ",";
    else if (line[at + 1] === '"') at++;
    else isQuoted = false;
  }
  return isQuoted;
}

function endless(from: number): Error {
  return new Error(
    `What begins in line ${from} does not end within ${recordLengthMax} characters: a quote that is not closed, or no event.`,
  );
}
