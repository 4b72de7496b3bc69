import { join } from "node:path";
import { unreadable } from "../eventFile.ts";
import { namesIn, statOrFail } from "../paths.ts";

export type MovieLensFormat = "movielens-csv" | "double-colon" | "movielens-tab";

/** A file of a set that is not there, and what is not known for that. */
export interface MissingFile {
  readonly file: string;
  readonly lacks: string;
}

/** What a directory of MovieLens has; paths, where they are there. */
export interface MovieLensSet {
  /** The sets that are laid out like this. */
  readonly layout: string;
  readonly format: MovieLensFormat;
  readonly ratings: string;
  readonly tags: string | undefined;
  readonly links: string | undefined;
  readonly users: string | undefined;
  /** Files whose rows no event says, and what they are. */
  readonly unsaid: readonly { readonly path: string; readonly rows: string }[];
  readonly missing: readonly MissingFile[];
}

interface Layout {
  readonly layout: string;
  readonly format: MovieLensFormat;
  readonly ratings: string;
  readonly tags?: string;
  readonly links?: string;
  readonly users?: string;
  readonly unsaid: Readonly<Record<string, string>>;
  /** Files that every set of the layout has, and what they hold. */
  readonly usual: Readonly<Record<string, string>>;
}

const layouts: readonly Layout[] = [
  {
    layout: "20M, 25M, 32M, latest",
    format: "movielens-csv",
    ratings: "ratings.csv",
    tags: "tags.csv",
    links: "links.csv",
    unsaid: {
      "genome-scores.csv": "a score of the tag genome",
      "genome-tags.csv": "a tag of the tag genome",
    },
    usual: {
      "movies.csv": "titles, years and genres",
      "tags.csv": "tags",
      "links.csv": "ids at IMDb and TMDB",
    },
  },
  {
    layout: "1M, 10M",
    format: "double-colon",
    ratings: "ratings.dat",
    tags: "tags.dat",
    users: "users.dat",
    unsaid: {},
    usual: { "movies.dat": "titles, years and genres" },
  },
  {
    layout: "100K",
    format: "movielens-tab",
    ratings: "u.data",
    users: "u.user",
    unsaid: {},
    usual: { "u.item": "titles, years and genres" },
  },
];

/** Tells the layout of a directory by the one file of ratings in it. @throws FoldbackError FILE_UNREADABLE. */
export async function movieLensSet(directory: string): Promise<MovieLensSet> {
  const ratingsNames = layouts.map(({ ratings }) => ratings).join(", ");
  const allowed = `the directory of an unpacked MovieLens set, with one of ${ratingsNames}`;
  if (!(await statOrFail(directory)).isDirectory()) throw unreadable(directory, "a file", allowed);
  const names = await namesIn(directory);
  const found = layouts.filter(({ ratings }) => names.includes(ratings));
  const [layout] = found;
  if (layout === undefined || found.length > 1) {
    const came =
      layout === undefined
        ? "a directory without ratings"
        : `a directory with ${found.map(({ ratings }) => ratings).join(" and ")}`;
    throw unreadable(directory, came, allowed);
  }
  const pathOf = (name: string | undefined): string | undefined =>
    name !== undefined && names.includes(name) ? join(directory, name) : undefined;
  return {
    layout: layout.layout,
    format: layout.format,
    ratings: join(directory, layout.ratings),
    tags: pathOf(layout.tags),
    links: pathOf(layout.links),
    users: pathOf(layout.users),
    unsaid: Object.entries(layout.unsaid).flatMap(([name, rows]) => {
      const path = pathOf(name);
      return path === undefined ? [] : [{ path, rows }];
    }),
    missing: Object.entries(layout.usual)
      .filter(([file]) => !names.includes(file))
      .map(([file, lacks]) => ({ file, lacks })),
  };
}
