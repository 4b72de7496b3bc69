import type { JSX } from "preact";
import { WideTable } from "../../components/wideTable.tsx";
import { nothing } from "../../format.ts";

export interface TruthRow {
  readonly name: string;
  /** Under the name. */
  readonly note?: string;
  readonly truth: number | undefined;
  readonly found: number | undefined;
}

interface BesideTruthProps {
  /** What it shows. */
  readonly label: string;
  /** What the rows are. */
  readonly of: string;
  /** Who is compared with the truth. */
  readonly foundBy: string;
  readonly rows: readonly TruthRow[];
  readonly written: (value: number) => string;
}

/** What is true and what was found, row by row: as numbers, and as bars of which the truth is the upper. */
export function BesideTruth({ label, of, foundBy, rows, written }: BesideTruthProps): JSX.Element {
  const largest = Math.max(...rows.flatMap(({ truth = 0, found = 0 }) => [truth, found]), 1e-9);
  const width = (value = 0) => `${(Math.max(0, value) / largest) * 100}%`;
  const shown = (value: number | undefined) => (value === undefined ? nothing : written(value));
  return (
    <WideTable label={label}>
      <thead>
        <tr>
          <th scope="col">{of}</th>
          <th aria-hidden="true" class="bars" />
          <th scope="col" class="number">
            truth
          </th>
          <th scope="col" class="number">
            {foundBy}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, note, truth, found }) => (
          <tr key={name}>
            <th scope="row">
              {name}
              {note !== undefined && <span class="under soft">{note}</span>}
            </th>
            <td class="bars" aria-hidden="true">
              <svg width="100%" height="16" preserveAspectRatio="none">
                <rect class="truth" width={width(truth)} height="6" y="1" rx="1" />
                <rect class="found" width={width(found)} height="6" y="9" rx="1" />
              </svg>
            </td>
            <td class="number">{shown(truth)}</td>
            <td class="number">{shown(found)}</td>
          </tr>
        ))}
      </tbody>
    </WideTable>
  );
}
