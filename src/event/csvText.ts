import { parse } from "csv-parse/sync";
import { compileColumns } from "./columns.ts";
import { csvOptions, refuseWidth } from "./delimited.ts";
import type { Event } from "./event.ts";
import { type ParseOptions, parseEvent } from "./parseEvent.ts";
import type { Refusal } from "./refusal.ts";

export interface CsvTextOptions extends ParseOptions {
  /** Rows beyond the header; one more is read, by which it is known that there are too many. */
  readonly rowsMax: number;
}

export interface CsvEvents {
  readonly events: Event[];
  /** `index` counts the rows after the header from 0; blank ones are not counted. */
  readonly refused: Refusal[];
  /** Each row as it is read, by `index`; undefined where it has another width. */
  readonly rows: readonly (Readonly<Record<string, unknown>> | undefined)[];
}

const dialect = { delimiter: ",", quotes: true };

/**
 * Events of a text of CSV: a header with the names of the columns, then a row an event, read as a file of CSV is. An empty text has none.
 *
 * @throws FoldbackError FILE_UNREADABLE for columns that are not known, or are not there; a quote that is never closed.
 */
export function parseCsvText(text: string, { rowsMax, ...options }: CsvTextOptions): CsvEvents {
  const [columns, ...cells]: string[][] = parse(text, {
    ...csvOptions(dialect),
    to: rowsMax + 2,
    skip_empty_lines: true,
  });
  const events: Event[] = [];
  const refused: Refusal[] = [];
  if (columns === undefined) return { events, refused, rows: [] };
  const toEvent = compileColumns(columns, { name: "CSV", defaultType: undefined });
  const rows = cells.map((row) => (row.length === columns.length ? toEvent(row) : undefined));
  for (const [index, row] of rows.entries()) {
    if (row === undefined) {
      refused.push(refuseWidth(index, cells[index].length, columns));
      continue;
    }
    const result = parseEvent(row, options, index);
    if (result.ok) events.push(result.event);
    else refused.push(result.refusal);
  }
  return { events, refused, rows };
}
