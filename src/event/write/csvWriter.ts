import type { Append, Cell, Column, TableWriter } from "./tableTypes.ts";

/** CSV by RFC 4180, but with `\n`: a header, cells in quotes where they must be, times as RFC 3339. */
export function csvWriter(columns: readonly Column[], append: Append): TableWriter {
  const isTime = columns.map(({ kind }) => kind === "time");
  let isBegun = false;
  const begin = (): string => {
    if (isBegun) return "";
    isBegun = true;
    return `${columns.map(({ name }) => quoted(name)).join(",")}\n`;
  };
  return {
    async write(rows) {
      const lines = rows.map(
        (row) => `${row.map((cell, i) => textOf(cell, isTime[i])).join(",")}\n`,
      );
      await append(Buffer.from(begin() + lines.join("")));
    },
    async finish() {
      await append(Buffer.from(begin()));
    },
  };
}

function textOf(cell: Cell, isTime: boolean): string {
  if (cell === undefined) return "";
  if (typeof cell === "string") return quoted(cell);
  return isTime ? new Date(cell).toISOString() : String(cell);
}

/** A cell of CSV: in quotes where it must be. */
export function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
