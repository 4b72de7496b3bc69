/** The files that Gorse writes, as records by the names of its JSON. */
import { join } from "node:path";
import { readRows, refuseWidth } from "../delimited.ts";
import { firstLine, refuseForeign } from "../detectFormat.ts";
import { type Fields, isObject } from "../eventChecks.ts";
import { unreadable } from "../eventFile.ts";
import { readLines, refuseLength } from "../lines.ts";
import { namesIn, readBeginning, statOrFail } from "../paths.ts";
import { type Refusal, renderText, renderValue } from "../refusal.ts";
import { isGorseDump, readGorseDump } from "./gorseDump.ts";

export interface GorseFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly read: () => AsyncIterable<GorseBlock>;
}

export interface GorseBlock {
  readonly found: readonly GorseFound[];
  readonly bytesRead: number;
}

/** A record as its file has it; a refusal where it is none. `index` is the line, the row or the message. */
export type GorseFound =
  | { readonly index: number; readonly fields: Fields }
  | { readonly index: number; readonly refusal: Refusal };

const exportNames = ["users.jsonl", "items.jsonl", "feedback.jsonl"];

const allowedFiles =
  "unpacked files of Gorse: JSON lines of users, items or feedback, a backup (gorse-cli dump), or CSV with the header of its exports";

/** The files at a path: itself, or those of a directory that the dashboard's exports are named like. */
export async function openGorseFiles(path: string): Promise<GorseFile[]> {
  if (!(await statOrFail(path)).isDirectory()) return [await openGorseFile(path)];
  const names = await namesIn(path);
  const found = exportNames.filter((name) => names.includes(name));
  if (found.length === 0) {
    const came = `a directory without ${exportNames.join(", ")}`;
    throw unreadable(path, came, "a directory with one of them; or name the files");
  }
  return Promise.all(found.map((name) => openGorseFile(join(path, name))));
}

async function openGorseFile(path: string): Promise<GorseFile> {
  const beginning = await readBeginning(path);
  const sizeBytes = (await statOrFail(path)).size;
  if (isGorseDump(beginning)) return { path, sizeBytes, read: () => readDump(path) };
  refuseForeign(path, beginning, allowedFiles);
  const line = firstLine(beginning);
  if (line === "" || /^[{[]/.test(line)) return { path, sizeBytes, read: () => readJson(path) };
  if (/^"?(?:user_id|item_id|feedback_type)"?,/.test(line)) {
    return { path, sizeBytes, read: () => readCsv(path) };
  }
  throw unreadable(path, `a first line ${renderValue(line)}`, allowedFiles);
}

async function* readDump(path: string): AsyncGenerator<GorseBlock> {
  for await (const { records, bytesRead } of readGorseDump(path)) {
    const found = records.map(({ index, fields }): GorseFound => {
      if (fields !== undefined) return { index, fields };
      const allowed = "a protobuf message";
      return { index, refusal: { index, field: "message", came: "bytes that are none", allowed } };
    });
    yield { found, bytesRead };
  }
}

/** A record a line, as the dashboard exports them; or a reply of the REST API a line, with many. */
async function* readJson(path: string): AsyncGenerator<GorseBlock> {
  for await (const { firstLine, lines, bytesRead } of readLines(path)) {
    const found = lines.flatMap((line, i) => recordsOf(line, firstLine + i));
    yield { found, bytesRead };
  }
}

function recordsOf(line: string | undefined, index: number): GorseFound[] {
  if (line === undefined) return [{ index, refusal: refuseLength(index) }];
  if (line.trim() === "") return [];
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    const allowed = "JSON, whole on its line";
    return [{ index, refusal: { index, field: "line", came: renderValue(line), allowed } }];
  }
  return listOf(value).map((record): GorseFound => {
    if (isObject(record)) return { index, fields: record };
    const allowed = "an object, or a list of them";
    return { index, refusal: { index, field: "line", came: renderValue(record), allowed } };
  });
}

/** `GET /api/items` answers `{ Cursor, Items }`; the others likewise, or with a bare list. */
function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (!isObject(value)) return [value];
  const list = value["Items"] ?? value["Users"] ?? value["Feedback"];
  return Array.isArray(list) ? list : [value];
}

/** Of the exports before Gorse wrote JSON lines: names of columns, and how a cell is read. */
const csvColumns: ReadonlyMap<string, { name: string; read: (cell: string) => unknown }> = new Map([
  ["user_id", { name: "UserId", read: asText }],
  ["item_id", { name: "ItemId", read: asText }],
  ["feedback_type", { name: "FeedbackType", read: asText }],
  ["time_stamp", { name: "Timestamp", read: asText }],
  ["is_hidden", { name: "IsHidden", read: (cell) => cell === "true" }],
  ["categories", { name: "Categories", read: splitAtBars }],
  ["labels", { name: "Labels", read: labelsOf }],
  ["description", { name: "Comment", read: asText }],
]);

async function* readCsv(path: string): AsyncGenerator<GorseBlock> {
  let header: readonly string[] | undefined;
  let index = 0;
  for await (const { rows, bytesRead } of readRows(path, { delimiter: ",", quotes: true })) {
    const found: GorseFound[] = [];
    for (const row of rows) {
      index++;
      if (row === undefined) found.push({ index, refusal: refuseLength(index) });
      else if (row.length === 1 && row[0] === "") continue;
      else if (header === undefined) header = checkHeader(path, row);
      else if (row.length !== header.length) {
        found.push({ index, refusal: refuseWidth(index, row.length, header) });
      } else found.push({ index, fields: recordOf(header, row) });
    }
    yield { found, bytesRead };
  }
}

function checkHeader(path: string, header: readonly string[]): readonly string[] {
  const unknown = header.find((name) => !csvColumns.has(name));
  if (unknown === undefined) return header;
  const allowed = `the columns ${[...csvColumns.keys()].join(", ")}`;
  throw unreadable(path, `a column "${renderText(unknown)}" in row 1`, allowed);
}

function recordOf(header: readonly string[], row: readonly string[]): Fields {
  const fields: Record<string, unknown> = {};
  header.forEach((column, i) => {
    const known = csvColumns.get(column);
    if (known !== undefined) fields[known.name] = known.read(row[i]);
  });
  return fields;
}

function asText(cell: string): string {
  return cell;
}

function splitAtBars(cell: string): string[] {
  return cell === "" ? [] : cell.split("|");
}

/** JSON since labels can be of any shape; before that, texts with `|` between them. */
function labelsOf(cell: string): unknown {
  if (cell === "") return undefined;
  try {
    return JSON.parse(cell);
  } catch {
    return splitAtBars(cell);
  }
}
