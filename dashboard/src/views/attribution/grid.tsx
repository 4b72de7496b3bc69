import type { AttributionComparison } from "foldback/client";
import type { JSX } from "preact";
import { SelectField } from "../../components/field.tsx";
import { Message } from "../../components/message.tsx";
import { Panel } from "../../components/panel.tsx";
import { WideTable } from "../../components/wideTable.tsx";
import { amount, count, nothing, percent, score } from "../../format.ts";
import { changeSettings, usePlace } from "../../place.ts";
import { type Asked, allEvents, windowName } from "./asked.ts";
import type { Cell } from "./cells.ts";

/** What a cell shows, and what is more of it: darker. */
const metrics = {
  conversions: "Conversions",
  change: "Change against current",
  value: "Value",
  cpa: "Cost a conversion (CPA)",
  roas: "Return on ad spend (ROAS)",
} as const;

type Metric = keyof typeof metrics;

interface GridProps {
  readonly asked: Asked;
  readonly comparison: AttributionComparison | undefined;
}

/** Click windows against view windows: the Performance Comparison. */
export function Grid({ asked, comparison }: GridProps): JSX.Element {
  const { settings } = usePlace();
  const chosen = settings.get("metric") ?? "";
  const metric = Object.hasOwn(metrics, chosen) ? (chosen as Metric) : "conversions";
  const [click, engaged, view] = asked.current;
  const all = comparison?.cells.filter(({ event }) => event === asked.event) ?? [];
  const cells = all.filter((cell) => cell.engaged === engaged);
  const clicks = [...new Set(cells.map((cell) => cell.click))];
  const views = [...new Set(cells.map((cell) => cell.view))];
  const currency = comparison?.settings.currency;
  const values = cells.map((cell) => valueOf(cell, metric) ?? Number.NaN).filter(Number.isFinite);
  const least = Math.min(...values);
  const most = Math.max(...values);
  const choose = (current: readonly string[]) =>
    changeSettings({ current: current.join("/") }, { isStep: true });
  const rows = () => [
    ["click", "engaged", "view", "event", ...columns],
    ...all.map((cell) => [
      ...[cell.click, cell.engaged, cell.view, cell.event === allEvents ? "all" : cell.event],
      ...columns.map((column) => cell[column]),
    ]),
  ];
  return (
    <Panel
      title="Performance comparison"
      note="press a cell to make it the current setting"
      saved={{ name: "performance-comparison", rows: comparison && rows }}
    >
      <div class="row narrow">
        <SelectField
          label="Show"
          value={metric}
          choices={Object.entries(metrics).map(([value, name]) => ({ value, name }))}
          onChange={(value) => changeSettings({ metric: value === "conversions" ? "" : value })}
        />
        <SelectField
          label="Engaged-view window"
          value={engaged}
          choices={[...new Set([...all.map((cell) => cell.engaged), engaged])].map((value) => ({
            value,
            name: windowName(value),
          }))}
          onChange={(value) => choose([click, value, view])}
        />
      </div>
      <div class="grid-room">
        {comparison !== undefined && cells.length === 0 && (
          <Message>There are no conversions of this event.</Message>
        )}
        {cells.length > 0 && (
          <WideTable label={`${metrics[metric]} by click window and view window`}>
            <caption class="visually-hidden">
              {metrics[metric]} by click window (rows) and view window (columns)
            </caption>
            <thead>
              <tr>
                <th scope="col">Click window</th>
                {views.map((name) => (
                  <th key={name} scope="col" class="number">
                    view {windowName(name)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {clicks.map((row) => (
                <tr key={row}>
                  <th scope="row">{windowName(row)}</th>
                  {views.map((column) => {
                    const cell = cells.find((one) => one.click === row && one.view === column);
                    const isCurrent = row === click && column === view;
                    return (
                      <td key={column} class="heat-cell">
                        {cell !== undefined && (
                          <button
                            type="button"
                            class={isCurrent ? "heat current" : "heat"}
                            style={{ "--heat": heatOf(valueOf(cell, metric), least, most) }}
                            aria-pressed={isCurrent}
                            aria-label={`click ${windowName(row)}, view ${windowName(column)}: ${written(cell, metric, currency)}${isCurrent ? ", current" : ""}`}
                            onClick={() => choose([row, engaged, column])}
                          >
                            <span class="heat-value">{written(cell, metric, currency)}</span>
                            <span class="heat-note">{isCurrent ? "current" : changeOf(cell)}</span>
                          </button>
                        )}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </WideTable>
        )}
      </div>
      <SameSession asked={asked} comparison={comparison} />
    </Panel>
  );
}

/** What most analytics would count, to see what it misses. */
function SameSession({ asked, comparison }: GridProps): JSX.Element {
  const row = comparison?.sameSession.find(({ event }) => event === asked.event);
  return (
    <p class="small soft">
      {row === undefined
        ? "Beside it: what a last click in the same session would count."
        : `A last click in the session of the conversion, as much analytics counts, would have ${count(row.conversions)}.`}
    </p>
  );
}

const columns = [
  "conversions",
  "byClick",
  "byEngagedView",
  "byView",
  "value",
  "cost",
  "cpa",
  "roas",
  "changeVsCurrent",
  "unattributed",
  "unattributedValue",
  "repeats",
  "missedBySameSession",
] as const satisfies readonly (keyof Cell)[];

function valueOf(cell: Cell, metric: Metric): number | null {
  return metric === "change" ? cell.changeVsCurrent : cell[metric];
}

function written(cell: Cell, metric: Metric, currency: string | null | undefined): string {
  switch (metric) {
    case "conversions":
      return count(cell.conversions);
    case "value":
      return amount(cell.value, currency);
    case "cpa":
      return cell.cost > 0 ? amount(cell.cpa, currency) : nothing;
    case "roas":
      return score(cell.roas);
    case "change":
      return changeOf(cell);
  }
}

function changeOf({ changeVsCurrent }: Cell): string {
  if (changeVsCurrent === null) return nothing;
  if (changeVsCurrent === 0) return "same";
  return `${changeVsCurrent < 0 ? "−" : "+"}${percent(Math.abs(changeVsCurrent))}`;
}

/** From 0, the least there is, to 1. */
function heatOf(value: number | null, least: number, most: number): number {
  if (value === null || most === least) return 0;
  return (value - least) / (most - least);
}
