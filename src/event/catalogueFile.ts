/** The catalogues that lie beside MovieLens-like ratings, read as `item_set` records. */
import { isUtf8 } from "node:buffer";
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parse } from "csv-parse/sync";
import { csvOptions, refuseWidth } from "./delimited.ts";
import { unreadable } from "./eventFile.ts";
import type { Refusal } from "./refusal.ts";

/** Formats of ratings that may have a catalogue beside them. */
export type RatingsFormat = "double-colon" | "movielens-tab" | "movielens-csv" | "recbole";

export interface Catalogue {
  readonly path: string;
  /** What is known of each item, to be parsed as the context of an `item_set`; in the file's order. */
  readonly items: readonly CatalogueItem[];
  /** Rows of another width: which cell is which can't be told. */
  readonly refused: readonly Refusal[];
}

export interface CatalogueItem {
  /** From 1. */
  readonly row: number;
  readonly item: string;
  readonly context: Readonly<Record<string, string | number>>;
}

const maxCatalogueBytes = 67_108_864; // it is held in memory; MovieLens 25M, with 62,000 films, has 3 MB

/**
 * Reads the catalogue that belongs to a ratings file, where there is one: `movies.dat`, `u.item`,
 * `movies.csv` or `NAME.item` in the same directory. Text that is no UTF-8 is read as Latin-1, as the
 * older MovieLens sets have it. Context: `title`, `released` (the year), `categories` (`Crime|Drama`), and from RecBole
 * every other column under its name.
 */
export function readCatalogue(ratingsPath: string, format: RatingsFormat): Catalogue | undefined {
  const { fileName, delimiter, quotes, columns, toItem } = catalogueFormats[format];
  const path = join(dirname(ratingsPath), fileName(basename(ratingsPath)));
  if (path === ratingsPath || !existsSync(path)) return undefined;
  try {
    if (statSync(path).size > maxCatalogueBytes) throw new Error("it is too large");
    const bytes = readFileSync(path);
    const text = bytes.toString(isUtf8(bytes) ? "utf8" : "latin1");
    const rows = parse(text, csvOptions({ delimiter, quotes }));
    const names = typeof columns === "function" ? columns(rows[0] ?? []) : columns;
    const items: CatalogueItem[] = [];
    const refused: Refusal[] = [];
    for (let at = typeof columns === "function" ? 1 : 0; at < rows.length; at++) {
      const cells = rows[at];
      if (cells.join("") === "") continue;
      if (cells.length === names.length) items.push({ row: at + 1, ...toItem(cells, names) });
      else refused.push(refuseWidth(at + 1, cells.length, names));
    }
    return { path, items, refused };
  } catch (cause) {
    const allowed = `a catalogue of at most ${maxCatalogueBytes} bytes, or none beside the ratings`;
    throw unreadable(path, String(cause), allowed, cause);
  }
}

type Described = Omit<CatalogueItem, "row">;

interface CatalogueFormat {
  readonly fileName: (ratingsName: string) => string;
  readonly delimiter: string;
  readonly quotes: boolean;
  /** The names of the columns: fixed where the file has no header, else from its header. */
  readonly columns: readonly string[] | ((header: readonly string[]) => readonly string[]);
  readonly toItem: (cells: readonly string[], columns: readonly string[]) => Described;
}

const filmColumns = ["movieId", "title", "genres"];

/** The 19 genres of MovieLens 100K, in the order of its flags (`u.genre`). */
const genreNames = [
  "unknown",
  "Action",
  "Adventure",
  "Animation",
  "Children's",
  "Comedy",
  "Crime",
  "Documentary",
  "Drama",
  "Fantasy",
  "Film-Noir",
  "Horror",
  "Musical",
  "Mystery",
  "Romance",
  "Sci-Fi",
  "Thriller",
  "War",
  "Western",
];

const catalogueFormats: Record<RatingsFormat, CatalogueFormat> = {
  "double-colon": {
    fileName: () => "movies.dat",
    delimiter: "::",
    quotes: false,
    columns: filmColumns,
    toItem: film,
  },
  "movielens-tab": {
    fileName: () => "u.item",
    delimiter: "|",
    quotes: false,
    columns: ["movieId", "title", "released", "released on video", "URL", ...genreNames],
    toItem: (cells) => film([cells[0], cells[1], flaggedGenres(cells.slice(5))]),
  },
  "movielens-csv": {
    fileName: () => "movies.csv",
    delimiter: ",",
    quotes: true,
    columns: () => filmColumns,
    toItem: film,
  },
  recbole: {
    fileName: (ratingsName) => ratingsName.replace(/\.inter$/, ".item"),
    delimiter: "\t",
    quotes: false,
    columns: recboleColumns,
    toItem: recboleItem,
  },
};

/** @param cells id, `Title (year)`, categories joined by `|`. */
function film([item, fullTitle, categories]: readonly string[]): Described {
  const [, title, released] = /^(.*?)\s*\((\d{4})\)\s*$/.exec(fullTitle) ?? [
    undefined,
    fullTitle,
    "",
  ];
  return { item, context: contextOf({ title, released, categories }) };
}

function contextOf(texts: {
  title: string;
  released: string;
  categories: string;
}): CatalogueItem["context"] {
  const { title, released, categories } = texts;
  return {
    ...(title.trim() === "" ? {} : { title: title.trim() }),
    ...(released === "" ? {} : { released: Number(released) }),
    ...(categories === "" || categories === "(no genres listed)" ? {} : { categories }),
  };
}

function flaggedGenres(flags: readonly string[]): string {
  return genreNames.filter((_, i) => flags[i] === "1").join("|");
}

/** RecBole's names for what the other sets call title, released and categories. */
const recboleNames: ReadonlyMap<string, string> = new Map([
  ["movie_title", "title"],
  ["release_year", "released"],
  ["class", "categories"],
  ["genre", "categories"],
]);

function recboleColumns(header: readonly string[]): readonly string[] {
  if (header.some((cell) => cell.startsWith("item_id:"))) return header;
  throw new Error("it has no column item_id");
}

function recboleItem(cells: readonly string[], columns: readonly string[]): Described {
  let item = "";
  const entries = columns.flatMap((column, i): [string, string | number][] => {
    const [came, type = ""] = column.split(":");
    const name = recboleNames.get(came) ?? came;
    const cell = cells[i];
    if (name === "item_id") item = cell;
    if (name === "item_id" || cell === "") return [];
    if (name === "categories") return [[name, cell.replaceAll(" ", "|")]]; // a sequence of tokens
    const isNumber = type === "float" || name === "released";
    return [[name, isNumber && Number.isFinite(Number(cell)) ? Number(cell) : cell]];
  });
  return { item, context: Object.fromEntries(entries) };
}
