/** Tables that are written in one pass, once it is known what their columns hold. */

/** Undefined: there is none. A `time` column has epoch milliseconds. */
export type Cell = string | number | undefined;

export interface Column {
  readonly name: string;
  /** `mixed`: texts in some rows and numbers in others. */
  readonly kind: "text" | "number" | "mixed" | "time";
}

/** Writes at the end of the file; resolves when the bytes may be used again. */
export type Append = (bytes: Uint8Array) => Promise<void>;

export interface TableWriter {
  /** Rows of one cell for each column. */
  write(rows: readonly (readonly Cell[])[]): Promise<void>;
  /** Writes what is still held. */
  finish(): Promise<void>;
}

/** Finds out what columns hold, from the cells of all rows. */
export class ColumnKinds {
  readonly #kinds = new Map<string, "text" | "number" | "mixed">();

  note(column: string, cell: string | number): void {
    const kind = typeof cell === "string" ? "text" : "number";
    const before = this.#kinds.get(column);
    if (before !== kind) this.#kinds.set(column, before === undefined ? kind : "mixed");
  }

  has(column: string): boolean {
    return this.#kinds.has(column);
  }

  /** Those that have a cell in any row: first those named, in this order, then the others, sorted. */
  columns(first: readonly string[]): Column[] {
    const others = [...this.#kinds.keys()].filter((name) => !first.includes(name)).sort();
    return [...first, ...others].flatMap((name): Column[] => {
      const kind = this.#kinds.get(name);
      return kind === undefined ? [] : [{ name, kind }];
    });
  }
}
