import type { PeopleSummary } from "foldback/client";
import type { JSX } from "preact";
import { Message } from "../../components/message.tsx";
import { Panel } from "../../components/panel.tsx";
import { count, fixed } from "../../format.ts";
import { told } from "./distribution.tsx";

type Costs = NonNullable<PeopleSummary["ageing"]>;

interface AgeingProps {
  readonly summary: PeopleSummary | undefined;
}

const width = 300;
const height = 150;
/** Ages that are drawn, days. */
const from = 2;
const to = 180;

/** When counting anew pays: what staleness costs against what counts cost. */
export function Ageing({ summary }: AgeingProps): JSX.Element {
  const ageing = summary?.ageing ?? undefined;
  const rows = () => [
    ["age_days", "runs", "wrong_sessions", "cost"],
    ...(ageing === undefined ? [] : agesOf().map((days) => costRow(ageing, days))),
  ];
  return (
    <Panel
      title="When to count anew"
      note={summary && `${told(summary.due)} due with their next session`}
      saved={{ name: "people-ageing", rows: summary && rows }}
    >
      <div class="summary-room">
        {summary !== undefined && ageing === undefined && (
          <Message>Too few accounts are counted to say what counting anew would save.</Message>
        )}
        {ageing !== undefined && <Curve ageing={ageing} />}
        {summary !== undefined && (
          <p class="small soft">
            If none were counted anew, {count(summary.expectedWrong)} sessions would go to the wrong
            person until their counts are too old.
          </p>
        )}
      </div>
    </Panel>
  );
}

function Curve({ ageing }: { readonly ageing: Costs }): JSX.Element {
  const { accounts, runCost, growth, bestDays, ageDaysMax } = ageing;
  const ages = agesOf();
  // Of young ages runs alone cost: drawn to where both ends are to be seen.
  const most = Math.max(costAt(ageing, to), costAt(ageing, Math.min(7, to)), 1e-9);
  const x = (days: number) => (width * Math.log(days / from)) / Math.log(to / from);
  const y = (cost: number) => height - (Math.min(cost, most) / most) * (height - 10);
  const line = (of: (days: number) => number) =>
    ages
      .map((days, at) => `${at === 0 ? "M" : "L"}${x(days).toFixed(1)} ${y(of(days)).toFixed(1)}`)
      .join("");
  const words =
    bestDays === null
      ? "No session since the counts fits nobody: nothing says that counting anew would help."
      : `Counting every account anew costs the least every ${fixed(bestDays, 0)} days: ${fixed(costAt(ageing, bestDays), 1)} wrong sessions' worth a day, ` +
        `against ${fixed(costAt(ageing, ageDaysMax), 1)} at the ${count(ageDaysMax)} days of the config.`;
  return (
    <>
      <svg class="curve" viewBox={`0 0 ${width} ${height + 16}`} role="img" aria-label={words}>
        <path class="curve-part" d={line((days) => (accounts * runCost) / days)} />
        <path class="curve-part" d={line((days) => growth * days)} />
        <path class="curve-whole" d={line((days) => costAt(ageing, days))} />
        {bestDays !== null && bestDays > from && bestDays < to && (
          <g>
            <line class="curve-best" x1={x(bestDays)} x2={x(bestDays)} y1="0" y2={height} />
            <text x={x(bestDays) + 3} y="9">
              best
            </text>
          </g>
        )}
        {[7, 30, 90].map((days) => (
          <text key={days} x={x(days)} y={height + 12} text-anchor="middle">
            {days} days
          </text>
        ))}
      </svg>
      <p class="small">
        {words} The cost of a count is that of {count(runCost)} sessions given to the wrong person (
        <code>people.runCost</code>).
      </p>
    </>
  );
}

function costAt({ accounts, runCost, growth }: Costs, days: number): number {
  return (accounts * runCost) / days + growth * days;
}

function costRow(ageing: Costs, days: number): number[] {
  const { accounts, runCost, growth } = ageing;
  return [days, (accounts * runCost) / days, growth * days, costAt(ageing, days)];
}

function agesOf(): number[] {
  return Array.from({ length: 41 }, (_, at) => from * (to / from) ** (at / 40));
}
