import type { TimeToConversion } from "foldback/client";
import type { JSX } from "preact";
import type { Answer } from "../../api/useAnswer.ts";
import { SelectField } from "../../components/field.tsx";
import { Message, Trouble } from "../../components/message.tsx";
import { Panel } from "../../components/panel.tsx";
import { count, fixed, percent } from "../../format.ts";
import { changeSettings, usePlace } from "../../place.ts";
import type { Asked } from "./asked.ts";

type Spread = NonNullable<TimeToConversion["rows"][number]["fromFirstTouch"]>;

const dayMs = 86_400_000;
/** What is later is told together. */
const shownDays = 30;

const measures = {
  fromFirstTouch: "from the first touch",
  fromLastTouch: "from the last touch",
} as const;

type Measure = keyof typeof measures;

interface TimesProps {
  readonly asked: Asked;
  readonly answer: Answer<TimeToConversion>;
}

/** How many days lie between ads and conversions: what windows cut off. */
export function Times({ asked, answer: { data, error } }: TimesProps): JSX.Element {
  const chosen = usePlace().settings.get("time") ?? "";
  const measure = Object.hasOwn(measures, chosen) ? (chosen as Measure) : "fromLastTouch";
  const row = data?.rows.find(({ event }) => event === asked.event);
  const spread = row?.[measure] ?? undefined;
  const rows = () => [
    ["from_days", "conversions"],
    ...(spread?.histogram ?? []).map((bucket) => [bucket.from / dayMs, bucket.conversions]),
  ];
  return (
    <Panel
      title="Time to conversion"
      note={row && `${count(row.conversions)} with a touch, ${count(row.unattributed)} without`}
      saved={{ name: "time-to-conversion", rows: data && rows }}
    >
      {error !== undefined && <Trouble error={error} />}
      <div class="row narrow">
        <SelectField
          label="Measured"
          value={measure}
          choices={Object.entries(measures).map(([value, name]) => ({ value, name }))}
          onChange={(value) =>
            changeSettings({ time: value === "fromLastTouch" ? "" : value }, { isStep: true })
          }
        />
      </div>
      <div class="chart-room">
        {data !== undefined && spread === undefined && (
          <Message>No conversion of this event had a touch before it.</Message>
        )}
        {spread !== undefined && <Histogram spread={spread} measure={measure} />}
      </div>
    </Panel>
  );
}

function Histogram({
  spread,
  measure,
}: {
  readonly spread: Spread;
  readonly measure: Measure;
}): JSX.Element {
  const counts = byDay(spread);
  const most = Math.max(...counts);
  const all = counts.reduce((sum, one) => sum + one, 0);
  const { mean, median, percentile80 } = spread;
  const words =
    `Half of the conversions come within ${daysOf(median)} ${measures[measure]}, 80 % within ${daysOf(percentile80)}; ` +
    `the mean is ${daysOf(mean)}. ${percent(counts[0] / all)} come within a day.`;
  return (
    <>
      <svg class="histogram" viewBox="0 0 310 130" role="img" aria-label={words}>
        {counts.map((value, day) => {
          const height = (100 * value) / most;
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: the day is what it is
            <g key={day}>
              <rect class="plus" x={10 * day + 1} y={105 - height} width="8" height={height} rx="1">
                <title>{`${day === shownDays ? "later" : `day ${day + 1}`}: ${count(value)}`}</title>
              </rect>
              {(day === 0 || day % 7 === 6 || day === shownDays) && (
                <text x={10 * day + 5} y="119" text-anchor="middle">
                  {day === shownDays ? "later" : day + 1}
                </text>
              )}
            </g>
          );
        })}
      </svg>
      <p class="small">{words}</p>
    </>
  );
}

/** Of each day, those between too; of later ones the sum, at the end. */
function byDay({ histogram }: Spread): number[] {
  const counts = new Array<number>(shownDays + 1).fill(0);
  for (const { from, conversions } of histogram) {
    counts[Math.min(shownDays, Math.floor(from / dayMs))] += conversions;
  }
  return counts;
}

function daysOf(ms: number): string {
  if (ms < dayMs) return `${fixed(ms / 3_600_000, 1)} hours`;
  return `${fixed(ms / dayMs, 1)} days`;
}
