/** The columns of ACCESS and ACTION, and how those of a file are matched with them. */
import { renderText, unreadable } from "../../event/index.ts";

/** Which of the case's tables. */
export type TableKind = "access" | "action";

/**
 * The columns by table, as headers name them, in lower case, in the order in which staged rows have them. `country` and `time_zone` are
 * ours: the country makes a postal code unambiguous, the time zone (an IANA name) a time local.
 */
export const tableColumns = {
  access: [
    "account",
    "access_token",
    "device_id",
    "gps_city",
    "gps_state",
    "gps_zip_code",
    "access_day",
    "access_part_day",
    "time",
    "lat",
    "lon",
    "country",
    "time_zone",
  ],
  action: [
    "account",
    "access_token",
    "action",
    "song_id",
    "artist_id",
    "playlist_id",
    "time",
    "genre",
  ],
} as const satisfies Record<TableKind, readonly string[]>;

export type TableColumn = (typeof tableColumns)[TableKind][number];

/** Without them a row belongs nowhere. */
const required = ["account", "access_token"] as const;

/** Which column of a file is which of the table: its index, -1 where the file has none. In the order of `tableColumns`. */
export interface MatchedColumns {
  readonly indexes: readonly number[];
  /** Names that the table does not have: their cells are not read. */
  readonly unknown: readonly string[];
}

/**
 * Matches a header with a table, names in any case.
 *
 * @throws FoldbackError FILE_UNREADABLE where ACCOUNT or ACCESS_TOKEN is missing, or a known column is there twice.
 */
export function matchColumns(
  kind: TableKind,
  header: readonly string[],
  file: string,
): MatchedColumns {
  const known: readonly string[] = tableColumns[kind];
  const indexes = known.map(() => -1);
  const unknown: string[] = [];
  for (const [index, name] of header.entries()) {
    const at = known.indexOf(name.trim().toLowerCase());
    if (at < 0) unknown.push(name);
    else if (indexes[at] < 0) indexes[at] = index;
    else throw unreadable(file, `two columns "${renderText(name)}"`, "each column once");
  }
  for (const name of required) {
    if (indexes[known.indexOf(name)] >= 0) continue;
    const came = `the columns ${renderText(header.join(", "))}`;
    const names = required.map((one) => one.toUpperCase()).join(" and ");
    throw unreadable(file, came, `columns that include ${names}`);
  }
  return { indexes, unknown };
}
