import type { AttributionComparison } from "foldback/client";
import type { Asked } from "./asked.ts";

export type Cell = AttributionComparison["cells"][number];

/** Of an answer that is asked by several keys: the names of one of them, each once. */
export function namesIn(
  comparison: AttributionComparison | undefined,
  key: "campaign" | "group",
): string[] {
  const names = comparison?.cells.map((cell) => nameOf(cell, key)) ?? [];
  return [...new Set(names.filter((name) => name !== undefined))];
}

export function nameOf({ by }: Cell, key: "campaign" | "group"): string | undefined {
  return by === null || typeof by === "string" ? undefined : (by[key] ?? undefined);
}

/** The cell of the setting that is current, of the event that is looked at. */
export function currentCell(
  comparison: AttributionComparison | undefined,
  { current: [click, engaged, view], event }: Asked,
): Cell | undefined {
  return comparison?.cells.find(
    (cell) =>
      cell.click === click &&
      cell.engaged === engaged &&
      cell.view === view &&
      cell.event === event,
  );
}
