export type Cells = readonly (string | number | null | undefined)[];

/** RFC 4180, with names in its first line; what is not known is empty, numbers have a point and no separators. */
export function csvOf(rows: readonly Cells[]): string {
  return rows.map((cells) => `${cells.map(cellOf).join(",")}\r\n`).join("");
}

function cellOf(value: Cells[number]): string {
  if (value === null || value === undefined) return "";
  const text = String(value);
  // A spreadsheet would run what begins like a formula (OWASP, CSV injection): such a text begins with an apostrophe.
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
