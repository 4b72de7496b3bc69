import type { PeopleSummary } from "foldback/client";
import type { JSX } from "preact";
import { Panel } from "../../components/panel.tsx";
import { count, date } from "../../format.ts";
import { personClass } from "./persons.tsx";

interface WeeksProps {
  readonly summary: PeopleSummary | undefined;
}

const width = 300;
const height = 150;

/** How it changes: how many people of each account were there, week by week. */
export function Weeks({ summary }: WeeksProps): JSX.Element {
  const weeks = summary?.weeks ?? [];
  const sizes = [...new Set(weeks.flatMap(({ people }) => Object.keys(people)))].sort(
    (a, b) => Number(a) - Number(b),
  );
  const totals = weeks.map(({ people }) =>
    Object.values(people).reduce<number>((sum, accounts) => sum + (accounts ?? 0), 0),
  );
  const most = Math.max(...totals, 1);
  const step = width / Math.max(1, weeks.length);
  const rows = () => [
    ["week", ...sizes.map((size) => `people_${size}`)],
    ...weeks.map(({ start, people }) => [
      new Date(start).toISOString().slice(0, 10),
      ...sizes.map((size) => people[size]),
    ]),
  ];
  const last = weeks.at(-1);
  const words =
    last === undefined
      ? ""
      : `In the last week: ${sizes.map((size) => `${last.people[size] === null ? "few" : count(last.people[size] ?? 0)} accounts with ${size}`).join(", ")}`;
  return (
    <Panel
      title="How it changes"
      note="accounts by how many of their people were there in a week"
      saved={{ name: "people-weeks", rows: summary && rows }}
    >
      <div class="summary-room">
        <ul class="legend" aria-label="Colours">
          {sizes.map((size) => (
            <li key={size}>
              <svg width="10" height="10" aria-hidden="true">
                <rect class={personClass(Number(size))} width="10" height="10" rx="2" />
              </svg>
              {size} {size === "1" ? "person" : "people"}
            </li>
          ))}
        </ul>
        {weeks.length > 0 && (
          <svg class="weeks" viewBox={`0 0 ${width} ${height + 16}`} role="img" aria-label={words}>
            {weeks.map(({ start, people }, week) => {
              let top = height;
              return (
                <g key={start}>
                  {sizes.map((size) => {
                    const accounts = people[size] ?? 0;
                    const tall = (accounts / most) * (height - 8);
                    top -= tall;
                    return (
                      <rect
                        key={size}
                        class={personClass(Number(size))}
                        x={week * step + 1}
                        y={top}
                        width={step - 2}
                        height={tall}
                      >
                        <title>{`${date(start)}: ${count(accounts)} with ${size}`}</title>
                      </rect>
                    );
                  })}
                  {(week === 0 || week === weeks.length - 1) && (
                    <text
                      x={week === 0 ? 1 : width - 1}
                      y={height + 12}
                      text-anchor={week === 0 ? "start" : "end"}
                    >
                      {date(start)}
                    </text>
                  )}
                </g>
              );
            })}
          </svg>
        )}
        <p class="small soft">{words}</p>
      </div>
    </Panel>
  );
}
