import { renderText, unreadable } from "../../event/index.ts";

/** What a table of paths can say, with the names that columns have for it; in any case, `_`, `.` and spaces left out. */
const namesOf = {
  path: ["path", "paths", "journey"],
  conversions: ["conversions", "conversion", "conv", "totalconversions", "totalconversion"],
  value: ["value", "values", "conversionvalue", "totalconversionvalue", "totalvalue", "revenue"],
  nulls: ["nulls", "null", "totalnull", "totalnulls", "nonconversions"],
} as const;

export type PathField = keyof typeof namesOf;

const fieldByName = new Map(
  Object.entries(namesOf).flatMap(
    ([field, names]) => names.map((name): [string, PathField] => [name, field as PathField]), // a key of it
  ),
);

/** The places of the columns; −1: there is none, and all are 0. */
export type PathColumns = Readonly<Record<PathField, number>>;

/** Whether a table with these columns is one of paths; events have a time. */
export function arePaths(header: readonly string[]): boolean {
  const names = header.map((name) => name.toLowerCase());
  return !names.includes("time") && header.some((name) => pathFieldOf(name) === "path");
}

export function pathFieldOf(name: string): PathField | undefined {
  return fieldByName.get(name.toLowerCase().replace(/[\s_.]/g, ""));
}

/**
 * Finds the columns by their names; others are passed over.
 *
 * @param file for the error: FILE_UNREADABLE where there is no path, or where two columns say the same.
 */
export function pathColumnsOf(header: readonly string[], file: string): PathColumns {
  const columns: Record<PathField, number> = { path: -1, conversions: -1, value: -1, nulls: -1 };
  for (const [at, name] of header.entries()) {
    const field = pathFieldOf(name);
    if (field === undefined) continue;
    if (columns[field] >= 0) {
      const came = `the columns ${quoted(header[columns[field]])} and ${quoted(name)}, which both are ${field}`;
      throw unreadable(file, came, "each once");
    }
    columns[field] = at;
  }
  if (columns.path >= 0 && (columns.conversions >= 0 || columns.nulls >= 0)) return columns;
  const came = `the columns ${quoted(header.join(", "))}`;
  throw unreadable(
    file,
    came,
    "columns path, conversions, value, nulls; path and one of conversions and nulls at least",
  );
}

function quoted(text: string): string {
  return `"${renderText(text)}"`;
}
