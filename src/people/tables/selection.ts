/** Queries whose columns are found by what they are for. */
import type { ChunkColumn } from "../../event/index.ts";
import type { CellColumn } from "./vocabulary.ts";

/** Finds columns of a query by what they are for; what a table lacks is not asked for. */
export class Selection {
  readonly expressions: string[] = [];

  /** @returns the column's place. */
  add(expression: string): number {
    return this.expressions.push(expression) - 1;
  }

  /** The places of a hash and of its text, which may be left out. */
  cells(name: string, hasText: boolean): { readonly hash: number; readonly text: number } {
    const hash = this.add(hashOf(name));
    return { hash, text: hasText ? this.add(name) : hash };
  }
}

/** 53 bits, which a double holds exactly; -1 where the cell is missing, as reading nulls takes longer. */
function hashOf(name: string): string {
  return `CASE WHEN ${name} IS NULL THEN -1 ELSE (hash(${name}) >> 11)::DOUBLE END`;
}

export type CellPlaces = readonly ({ readonly hash: number; readonly text: number } | undefined)[];

export function cellColumns(
  places: CellPlaces,
  columns: readonly ChunkColumn[],
): (CellColumn | undefined)[] {
  return places.map(
    (place) => place && { hashes: columns[place.hash], texts: columns[place.text] },
  );
}
