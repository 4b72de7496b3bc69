import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { readColours } from "./colours.ts";

export interface StripLine {
  readonly label: string;
  /** Its latest value, written. */
  readonly latest: string;
  /** The first line of a strip is drawn in the accent; others are grey and dashed, the one after more finely. */
  readonly values: readonly (number | null)[];
}

interface StripProps {
  /** What it shows, for who can't see it. */
  readonly title: string;
  readonly x: readonly (number | null)[];
  /** Whether x is epoch seconds, and not a count. */
  readonly isTime: boolean;
  readonly lines: readonly StripLine[];
  /** Range of y; from 0 to what there is without. */
  readonly range?: readonly [number, number];
  readonly written: (value: number) => string;
  readonly isTall?: boolean;
}

const dashes: readonly number[][] = [[], [6, 4], [2, 3], [10, 3, 2, 3]];

/** Lines over time that grow to the right. The chart is made once, and given new numbers. */
export function Strip(props: StripProps): JSX.Element {
  const { title, x, lines, isTall = false } = props;
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    const parent = box.current;
    if (parent === null) return undefined;
    const make = () => {
      chart.current?.destroy();
      chart.current = new uPlot(optionsOf(latest.current, parent), dataOf(latest.current), parent);
    };
    make();
    const sizes = new ResizeObserver(() => {
      const { width, height } = sizeOf(parent);
      if (chart.current?.width !== width || chart.current.height !== height) {
        chart.current?.setSize({ width, height });
      }
    });
    sizes.observe(parent);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", make);
    return () => {
      dark.removeEventListener("change", make);
      sizes.disconnect();
      chart.current?.destroy();
      chart.current = undefined;
    };
  }, [lines.length]);

  const lastX = x.at(-1);
  useEffect(() => {
    chart.current?.setData(dataOf(latest.current));
  }, [lastX, x.length]);

  const said = lines.map(({ label, latest: value }) => `${label} ${value}`).join(", ");
  return (
    <figure class="stack-tight">
      <figcaption class="legend">
        {lines.map(({ label, latest: value }, at) => (
          <span key={label}>
            <svg width="22" height="8" aria-hidden="true">
              <line
                x1="0"
                x2="22"
                y1="4"
                y2="4"
                stroke={at === 0 ? "var(--accent)" : "var(--line-strong)"}
                stroke-width="2"
                stroke-dasharray={dashes[at].join(" ")}
              />
            </svg>
            <span class="soft">{label}</span> {value}
          </span>
        ))}
      </figcaption>
      <div
        ref={box}
        class={isTall ? "strip tall" : "strip"}
        role="img"
        aria-label={`${title}: ${said}`}
      />
    </figure>
  );
}

function dataOf({ x, lines }: StripProps): uPlot.AlignedData {
  // uPlot keeps what it is given: copies, as the series go on.
  return [[...x] as number[], ...lines.map(({ values }) => [...values])];
}

function sizeOf(box: HTMLElement): { width: number; height: number } {
  return { width: Math.max(box.clientWidth, 50), height: Math.max(box.clientHeight, 50) };
}

function optionsOf({ isTime, lines, range, written }: StripProps, box: HTMLElement): uPlot.Options {
  const colours = readColours(box);
  const axis = {
    stroke: colours.soft,
    font: "12px system-ui",
    ticks: { show: false },
    grid: { stroke: colours.line, width: 1 },
  };
  return {
    ...sizeOf(box),
    legend: { show: false },
    cursor: { show: false },
    padding: [8, isTime ? 16 : 28, 0, 0],
    scales: {
      x: { time: isTime, ...(isTime && { range: lastMinutes }) },
      y: { range: range === undefined ? fromZero : [range[0], range[1]] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 28,
        gap: 8,
        space: 80,
        ...(isTime && { values: (_chart: uPlot, splits: number[]) => splits.map(timeOf) }),
      },
      {
        ...axis,
        size: 48,
        gap: 6,
        space: 36,
        values: (_chart: uPlot, splits: number[]) => splits.map(written),
      },
    ],
    series: [
      {},
      ...lines.map(({ label }, at) => ({
        label,
        stroke: at === 0 ? colours.accent : colours.grey,
        width: at === 0 ? 2 : 1.5,
        dash: dashes[at],
        points: { show: false },
      })),
    ],
  };
}

/** A minute from the start, and as much as there is from then on. */
function lastMinutes(_chart: uPlot, min: number, max: number): [number, number] {
  return [Math.min(min, max - 60), max];
}

/** A little room above what there is; a line of zeros lies at the bottom. */
function fromZero(_chart: uPlot, _min: number, max: number | null): [number, number] {
  return [0, max === null || max <= 0 ? 1 : max * 1.1];
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

function timeOf(seconds: number): string {
  return clock.format(seconds * 1000);
}
