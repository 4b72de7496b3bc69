import type { JSX } from "preact";
import { Panel } from "../../components/panel.tsx";
import { WideTable } from "../../components/wideTable.tsx";
import { bytes, count, nothing, percent } from "../../format.ts";
import type { ReadingProps } from "./reading.ts";

const names: Readonly<Record<string, string>> = {
  account: "accounts",
  item: "items",
  recent: "items as part of a past",
  bucket: "measured signals",
};

/** What is in the embedding tables. */
export function Occupancy({ reading }: ReadingProps): JSX.Element {
  const status = reading?.status;
  const tables: readonly Row[] = reading?.tables ?? Object.keys(names).map((table) => ({ table }));
  return (
    <Panel
      title="Embedding tables"
      note={`${count(status?.items)} items, ${count(status?.accounts)} accounts known`}
    >
      <WideTable label="Embedding tables">
        <thead>
          <tr>
            <th scope="col">Rows of</th>
            {["ids", "pending", "expired", "load", "size"].map((name) => (
              <th key={name} scope="col" class="number">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {tables.map(({ table, ids, pending, expired, pendingExpired, load, sizeBytes }) => (
            <tr key={table}>
              <th scope="row">{names[table] ?? table}</th>
              <td class="number">{count(ids)}</td>
              <td class="number">{count(pending)}</td>
              <td class="number">
                {expired === undefined ? nothing : count(expired + (pendingExpired ?? 0))}
              </td>
              <td class="number">{percent(load)}</td>
              <td class="number">{bytes(sizeBytes)}</td>
            </tr>
          ))}
        </tbody>
      </WideTable>
      <p class="small soft">
        Every id has a row of its own. Pending: seen too seldom for one so far. Expired: given up,
        as they were not seen any more.
      </p>
    </Panel>
  );
}

type Table = NonNullable<ReadingProps["reading"]>["tables"][number];
/** Before the first reading it has nothing but its name. */
type Row = Pick<Table, "table"> & Partial<Table>;
