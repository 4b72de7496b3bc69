import { basename } from "node:path";
import { readCatalogue } from "../catalogueFile.ts";
import { readChunks } from "../chunks.ts";
import { type Dialect, readDelimited, readRows, refuseWidth } from "../delimited.ts";
import { describedAgain } from "../descriptionFile.ts";
import {
  type EventBatch,
  type EventFileOptions,
  type EventSource,
  unreadable,
} from "../eventFile.ts";
import { refuseLength } from "../lines.ts";
import { statOrFail } from "../paths.ts";
import { type Refusal, renderText } from "../refusal.ts";
import { inTimeOrder } from "../timeOrder.ts";
import { withContentId } from "./contentId.ts";
import { DescriptionDraft, descriptionsFirst } from "./descriptionDraft.ts";
import {
  type MissingFile,
  type MovieLensFormat,
  type MovieLensSet,
  movieLensSet,
} from "./movieLensLayout.ts";
import { doubleColonUserColumns, tabUserColumns, userOf } from "./movieLensUsers.ts";

export interface MovieLensSource extends EventSource {
  /** The sets that are laid out like this one. */
  readonly layout: string;
  readonly missing: readonly MissingFile[];
}

const source = "movielens";

type Options = Pick<EventFileOptions, "clock">;

/**
 * Opens a MovieLens set: its films first, as `item_set`, and its users, as `account_set`; then ratings (`rate`, with the rating as `value`)
 * and tags (`comment`, with `context.tag`) by time.
 *
 * @param directory of an unpacked set; its layout is told by the names of its files.
 * @returns FILE_UNREADABLE where it is none, or a file of it can't be read.
 */
export async function openMovieLens(directory: string, options: Options): Promise<MovieLensSource> {
  const set = await movieLensSet(directory);
  const parts = await partsOf(set, options);
  return {
    name: directory,
    layout: set.layout,
    missing: set.missing,
    sizeBytes: parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    batches: () => readSet(set, parts, options),
  };
}

interface Part {
  readonly sizeBytes: number;
  readonly batches: () => AsyncIterable<EventBatch>;
}

async function* readSet(
  set: MovieLensSet,
  parts: readonly Part[],
  options: Options,
): AsyncGenerator<EventBatch> {
  const draft = new DescriptionDraft(source);
  yield* readFilms(set, draft);
  yield* readUsers(set, draft);
  const events = inTimeOrder(identified(inTurn(parts)));
  yield* descriptionsFirst(draft, events, () => options.clock.now());
}

/** Those that are read to the end, for events or to be counted. */
async function partsOf(set: MovieLensSet, options: Options): Promise<Part[]> {
  const { format, ratings, tags, unsaid } = set;
  const isCsv = format === "movielens-csv";
  const readOptions = (defaultType: string): EventFileOptions => ({
    clock: options.clock,
    order: "file",
    defaultType,
  });
  const part = async (path: string, batches: Part["batches"]): Promise<Part> => ({
    sizeBytes: (await statOrFail(path)).size,
    batches,
  });
  return Promise.all([
    part(ratings, () =>
      readDelimited(ratings, ratingsDialects[format](ratings), readOptions("rate")),
    ),
    ...(tags === undefined
      ? []
      : [part(tags, () => readDelimited(tags, tagsDialect(tags, isCsv), readOptions("comment")))]),
    ...unsaid.map(({ path, rows }) => part(path, () => countRows(path, rows, isCsv))),
  ]);
}

const ratingsColumns = ["account", "item", "value", "time"];

const ratingsDialects: Readonly<Record<MovieLensFormat, (path: string) => Dialect>> = {
  "movielens-csv": (path) => ({
    delimiter: ",",
    quotes: true,
    source,
    columns: (header) =>
      renamed(path, header, ["userId", "movieId", "rating", "timestamp"], ratingsColumns),
  }),
  "double-colon": () => ({ delimiter: "::", quotes: false, columns: ratingsColumns, source }),
  "movielens-tab": () => ({ delimiter: "\t", quotes: false, columns: ratingsColumns, source }),
};

const tagsColumns = ["account", "item", "context.tag", "time"];

function tagsDialect(path: string, isCsv: boolean): Dialect {
  const textsStay = true; // a tag such as 1984 is a text among texts
  if (!isCsv) return { delimiter: "::", quotes: false, columns: tagsColumns, textsStay, source };
  return {
    delimiter: ",",
    quotes: true,
    textsStay,
    source,
    columns: (header) =>
      renamed(path, header, ["userId", "movieId", "tag", "timestamp"], tagsColumns),
  };
}

function renamed(
  path: string,
  header: readonly string[],
  expected: readonly string[],
  names: readonly string[],
): readonly string[] {
  checkHeader(path, header, expected);
  return names;
}

function checkHeader(path: string, header: readonly string[], expected: readonly string[]): void {
  if (header.join() === expected.join()) return;
  throw unreadable(path, `row 1 "${renderText(header.join(","))}"`, expected.join(","));
}

/** Describes the films; gives what is refused. */
async function* readFilms(
  { ratings, format, links }: MovieLensSet,
  draft: DescriptionDraft,
): AsyncGenerator<EventBatch> {
  const found = readCatalogue(ratings, format);
  if (found === undefined) return;
  const idsOfFilms = new Map<string, Ids>();
  if (links !== undefined) yield* readLinks(links, idsOfFilms);
  const refused = [...found.refused];
  const leftOut = new Map<string, number>();
  for (const { row, item, context } of found.items) {
    const properties = { ...context, ...idsOfFilms.get(item) };
    const added = draft.add("item", item, properties, { name: found.path, index: row });
    if (added === "replaced") count(leftOut, describedAgain("item"));
    else if (added !== "added") refused.push(added);
  }
  yield { events: [], refused, leftOut, name: found.path, bytesRead: 0 };
}

/** The same of users. */
async function* readUsers(
  { users, format }: MovieLensSet,
  draft: DescriptionDraft,
): AsyncGenerator<EventBatch> {
  if (users === undefined) return;
  const isTab = format === "movielens-tab";
  const columns = isTab ? tabUserColumns : doubleColonUserColumns;
  let index = 0;
  for await (const { rows } of readRows(users, { delimiter: isTab ? "|" : "::", quotes: false })) {
    const refused: Refusal[] = [];
    const leftOut = new Map<string, number>();
    for (const row of rows) {
      index++;
      if (row === undefined) refused.push(refuseLength(index));
      else if (row.join("") === "") continue;
      else if (row.length !== columns.length) refused.push(refuseWidth(index, row.length, columns));
      else {
        const { user, properties } = userOf(columns, row);
        const added = draft.add("account", user, properties, { name: users, index });
        if (added === "replaced") count(leftOut, describedAgain("account"));
        else if (added !== "added") refused.push(added);
      }
    }
    yield { events: [], refused, leftOut, name: users, bytesRead: 0 };
  }
}

interface Ids {
  readonly imdbId?: string;
  readonly tmdbId?: string;
}

async function* readLinks(path: string, into: Map<string, Ids>): AsyncGenerator<EventBatch> {
  const columns = ["movieId", "imdbId", "tmdbId"];
  let index = 0;
  for await (const { rows } of readRows(path, { delimiter: ",", quotes: true })) {
    const refused: Refusal[] = [];
    for (const row of rows) {
      index++;
      if (row === undefined) refused.push(refuseLength(index));
      else if (index === 1) checkHeader(path, row, columns);
      else if (row.length === columns.length) {
        const [item, imdbId, tmdbId] = row;
        into.set(item, { ...(imdbId && { imdbId }), ...(tmdbId && { tmdbId }) });
      } else if (row.join() !== "") refused.push(refuseWidth(index, row.length, columns));
    }
    yield { events: [], refused, name: path, bytesRead: 0 };
  }
}

/** One after the other; how much was read adds up. */
async function* inTurn(parts: readonly Part[]): AsyncGenerator<EventBatch> {
  let bytesBefore = 0;
  for (const { sizeBytes, batches } of parts) {
    for await (const batch of batches()) {
      yield { ...batch, bytesRead: bytesBefore + batch.bytesRead };
    }
    bytesBefore += sizeBytes;
  }
}

async function* identified(batches: AsyncIterable<EventBatch>): AsyncGenerator<EventBatch> {
  for await (const batch of batches) {
    yield { ...batch, events: batch.events.map((event) => withContentId(event)) };
  }
}

const newline = 0x0a;

/** Counts lines without reading them: the tag genome has 15 million. */
async function* countRows(
  path: string,
  what: string,
  hasHeader: boolean,
): AsyncGenerator<EventBatch> {
  const reason = `${basename(path)}: ${what}`;
  let bytesRead = 0;
  let lines = hasHeader ? -1 : 0;
  let endsInLine = false;
  for await (const chunk of readChunks(path)) {
    bytesRead += chunk.length;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, at + 1)) lines++;
    endsInLine = chunk.at(-1) !== newline;
    yield { events: [], refused: [], name: path, bytesRead };
  }
  lines += endsInLine ? 1 : 0;
  if (lines <= 0) return;
  yield { events: [], refused: [], name: path, bytesRead, leftOut: new Map([[reason, lines]]) };
}

function count(leftOut: Map<string, number>, reason: string): void {
  leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1);
}
