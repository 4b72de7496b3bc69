/** The catalogues that lie beside MovieLens-like ratings, read as `item_set` records. */
import { isUtf8 } from "node:buffer";
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parse } from "csv-parse/sync";
import { csvOptions } from "./delimited.ts";
import { unreadable } from "./eventFile.ts";

/** Formats of ratings that may have a catalogue beside them. */
export type RatingsFormat = "double-colon" | "movielens-tab" | "movielens-csv" | "recbole";

export interface Catalogue {
  readonly path: string;
  /** What is known of each item, to be parsed as the context of an `item_set`; in the file's order. */
  readonly items: readonly CatalogueItem[];
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
  const { fileName, delimiter, quotes, toItems } = catalogueFormats[format];
  const path = join(dirname(ratingsPath), fileName(basename(ratingsPath)));
  if (path === ratingsPath || !existsSync(path)) return undefined;
  try {
    if (statSync(path).size > maxCatalogueBytes) throw new Error("it is too large");
    const bytes = readFileSync(path);
    const text = bytes.toString(isUtf8(bytes) ? "utf8" : "latin1");
    const rows = parse(text, csvOptions({ delimiter, quotes }));
    return { path, items: toItems(rows).filter((item) => item.item !== "") };
  } catch (cause) {
    const allowed = `a catalogue of at most ${maxCatalogueBytes} bytes, or none beside the ratings`;
    throw unreadable(path, String(cause), allowed, cause);
  }
}

interface CatalogueFormat {
  readonly fileName: (ratingsName: string) => string;
  readonly delimiter: string;
  readonly quotes: boolean;
  readonly toItems: (rows: readonly (readonly string[])[]) => CatalogueItem[];
}

const catalogueFormats: Record<RatingsFormat, CatalogueFormat> = {
  "double-colon": {
    fileName: () => "movies.dat",
    delimiter: "::",
    quotes: false,
    toItems: (rows) => rows.map((row, i) => film(i + 1, row)),
  },
  "movielens-tab": {
    fileName: () => "u.item",
    delimiter: "|",
    quotes: false,
    toItems: (rows) =>
      rows.map((row, i) => film(i + 1, [row[0], row[1], flaggedGenres(row.slice(5))])),
  },
  "movielens-csv": {
    fileName: () => "movies.csv",
    delimiter: ",",
    quotes: true,
    toItems: (rows) => rows.slice(1).map((row, i) => film(i + 2, row)),
  },
  recbole: {
    fileName: (ratingsName) => ratingsName.replace(/\.inter$/, ".item"),
    delimiter: "\t",
    quotes: false,
    toItems: recboleItems,
  },
};

/** @param cells id, `Title (year)`, categories joined by `|`. */
function film(row: number, cells: readonly string[]): CatalogueItem {
  const [item = "", fullTitle = "", categories = ""] = cells;
  const [, title, released] = /^(.*?)\s*\((\d{4})\)\s*$/.exec(fullTitle) ?? [
    undefined,
    fullTitle,
    "",
  ];
  return { row, item, context: contextOf({ title, released, categories }) };
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

function recboleItems(rows: readonly (readonly string[])[]): CatalogueItem[] {
  const columns = (rows[0] ?? []).map((cell) => {
    const [name = "", type = ""] = cell.split(":");
    return { name: recboleNames.get(name) ?? name, type };
  });
  const itemColumn = columns.findIndex((column) => column.name === "item_id");
  if (itemColumn < 0) throw new Error("it has no column item_id");
  return rows.slice(1).map((cells, i) => {
    const entries = columns.flatMap(({ name, type }, column): [string, string | number][] => {
      const cell = cells[column] ?? "";
      if (column === itemColumn || cell === "") return [];
      if (name === "categories") return [[name, cell.replaceAll(" ", "|")]]; // a sequence of tokens
      const isNumber = type === "float" || name === "released";
      return [[name, isNumber && Number.isFinite(Number(cell)) ? Number(cell) : cell]];
    });
    return { row: i + 2, item: cells[itemColumn] ?? "", context: Object.fromEntries(entries) };
  });
}
