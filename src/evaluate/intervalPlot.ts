/** A plot of means with their intervals, as SVG: figures in, text out, the same to the byte. */
import { assert } from "../core/index.ts";
import type { Interval } from "./interval.ts";
import { centred, pixels, svgOf, text } from "./svg.ts";

export interface PlotOptions {
  readonly title: string;
  /** What the intervals are. */
  readonly note: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** Left to right. */
  readonly categories: readonly string[];
  /** One to four; `values` has one for each category. With one or two each mean is written beside its mark, or above. */
  readonly series: readonly { readonly name: string; readonly values: readonly Interval[] }[];
}

const size = { width: 720, height: 440 };
/** Of the area within the axes. */
const frame = { left: 84, right: 700, top: 104, bottom: 372 };
/** Between the marks of two series at one category, in pixels: their labels stand on the outer sides. */
const seriesGap = 18;
const seriesMax = 4;
/** With more categories labels at the sides of marks would meet: they stand above them, one over the other. */
const sideLabelsMax = 4;
const labelHeight = 15;
/** Of the height, for the labels above. */
const headroom = 0.15;
const legendGap = { x: 290, y: 18 };
const capWidth = 12;
const markRadius = 3.5; // small, so that a short interval is seen

/**
 * A background of its own, so that it can be read on any page; colours by the reader's scheme. The marks
 * differ in shape, too.
 */
const style = `
  svg { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; }
  .background { fill: #ffffff; } text { fill: #1f2328; } .title { font-size: 15px; font-weight: 600; }
  .quiet { fill: #59636e; } .grid { stroke: #d8dee4; } .zero { stroke: #59636e; }
  .series0 { fill: #0b5cad; stroke: #0b5cad; } .series1 { fill: #b3450b; stroke: #b3450b; }
  .series2 { fill: #1a7f37; stroke: #1a7f37; } .series3 { fill: #8250df; stroke: #8250df; }
  text.series0, text.series1, text.series2, text.series3 { stroke: #ffffff; stroke-width: 4px; paint-order: stroke; }
  @media (prefers-color-scheme: dark) {
    .background { fill: #0d1117; } text { fill: #e6edf3; }
    .quiet { fill: #9aa5b1; } .grid { stroke: #2b323b; } .zero { stroke: #9aa5b1; }
    .series0 { fill: #6cb2ff; stroke: #6cb2ff; } .series1 { fill: #ffa35c; stroke: #ffa35c; }
    .series2 { fill: #56d364; stroke: #56d364; } .series3 { fill: #bc8cff; stroke: #bc8cff; }
    text.series0, text.series1, text.series2, text.series3 { stroke: #0d1117; }
  }
`;

export function intervalPlot(options: PlotOptions): string {
  const { title, note, xLabel, yLabel, categories, series } = options;
  assert(series.length >= 1 && series.length <= seriesMax, "a plot has one to four series");
  const hasLabels = series.length <= 2;
  const values = series.flatMap((one) => one.values);
  const isAbove = hasLabels && categories.length > sideLabelsMax;
  const low = Math.min(0, ...values.map((value) => value.low));
  const highest = Math.max(0, ...values.map((value) => value.high));
  const high = isAbove ? highest + (highest - low) * headroom : highest;
  const ticks = niceTicks(low, low < high ? high : 1); // all 0: any axis will do
  const y = linearScale([ticks[0], ticks[ticks.length - 1]], [frame.bottom, frame.top]);
  const step = (frame.right - frame.left) / categories.length;
  const x = (category: number): number => frame.left + (category + 0.5) * step;
  const middle = (frame.left + frame.right) / 2;
  const parts = [
    `<rect class="background" width="${size.width}" height="${size.height}"/>`,
    text(frame.left, 26, title, `class="title"`),
    text(frame.left, 48, note, `class="quiet"`),
    ...series.flatMap(({ name }, at) => legend(name, at)),
    ...ticks.flatMap((tick) => gridLine(tick, y(tick), decimalsOf(ticks))),
    ...categories.map((name, at) => text(x(at), frame.bottom + 22, name, centred)),
    text(middle, size.height - 18, xLabel, centred),
    text(0, 0, yLabel, `${centred} transform="translate(20 238) rotate(-90)"`),
    ...series.flatMap(({ values: own }, at) => {
      const shift = (at - (series.length - 1) / 2) * seriesGap;
      return own.flatMap((value, category) => [
        ...mark(x(category) + shift, y, value, at),
        ...(hasLabels && !isAbove ? [sideLabel(x(category) + shift, y, value, at)] : []),
      ]);
    }),
    ...(isAbove ? categories.flatMap((_, at) => labelsAbove(x(at), y, series, at)) : []),
  ];
  return svgOf({ ...size, title, style, parts });
}

/** Two a row. */
function legend(name: string, series: number): string[] {
  const x = frame.left + 5 + legendGap.x * (series % 2);
  const y = 76 + legendGap.y * Math.floor(series / 2);
  return [symbol(x, y - 4, series), text(x + 12, y, name, `class="series${series}"`)];
}

function gridLine(tick: number, y: number, decimals: number): string[] {
  const kind = tick === 0 ? "zero" : "grid";
  return [
    line(frame.left, y, frame.right, y, kind),
    text(frame.left - 8, y + 4, tick.toFixed(decimals), `class="quiet" text-anchor="end"`),
  ];
}

function mark(x: number, y: (value: number) => number, value: Interval, series: number): string[] {
  const { mean, low, high } = value;
  const kind = `series${series}`;
  const cap = (at: number): string => line(x - capWidth / 2, y(at), x + capWidth / 2, y(at), kind);
  return [line(x, y(low), x, y(high), kind), cap(low), cap(high), symbol(x, y(mean), series)];
}

function sideLabel(
  x: number,
  y: (value: number) => number,
  { mean }: Interval,
  series: number,
): string {
  const [side, anchor] = series === 0 ? [-1, "end"] : [1, "start"];
  const attributes = `class="series${series}" text-anchor="${anchor}"`;
  return text(x + side * 12, y(mean) + 4, written(mean), attributes);
}

/** The means of a category over its highest end, the first series' on top. */
function labelsAbove(
  x: number,
  y: (value: number) => number,
  series: PlotOptions["series"],
  category: number,
): string[] {
  const top = y(Math.max(...series.map(({ values }) => values[category].high)));
  return series.map(({ values }, at) =>
    text(
      x,
      top - 9 - (series.length - 1 - at) * labelHeight,
      written(values[category].mean),
      `class="series${at}" ${centred}`,
    ),
  );
}

/** What rounds to 0 has no sign. */
function written(mean: number): string {
  return mean.toFixed(4).replace(/^-(0\.0+)$/, "$1");
}

/** Circle, square, diamond, triangle. */
function symbol(x: number, y: number, series: number): string {
  const kind = `class="series${series}"`;
  const radius = markRadius;
  if (series === 0) return `<circle ${kind} cx="${pixels(x)}" cy="${pixels(y)}" r="${radius}"/>`;
  if (series === 1) {
    const corner = `x="${pixels(x - radius)}" y="${pixels(y - radius)}"`;
    return `<rect ${kind} ${corner} width="${2 * radius}" height="${2 * radius}"/>`;
  }
  const long = radius * 1.3; // as large to the eye as the square
  const points: readonly (readonly [number, number])[] =
    series === 2
      ? [
          [x, y - long],
          [x + long, y],
          [x, y + long],
          [x - long, y],
        ]
      : [
          [x, y - long],
          [x + long, y + long],
          [x - long, y + long],
        ];
  const list = points.map(([px, py]) => `${pixels(px)},${pixels(py)}`).join(" ");
  return `<polygon ${kind} points="${list}"/>`;
}

function line(x1: number, y1: number, x2: number, y2: number, kind: string): string {
  const [from, to] = [
    `x1="${pixels(x1)}" y1="${pixels(y1)}"`,
    `x2="${pixels(x2)}" y2="${pixels(y2)}"`,
  ];
  return `<line class="${kind}" ${from} ${to}/>`;
}

/** Takes the ends of `from` to the ends of `to`, and what is between in proportion. */
export function linearScale(
  from: readonly [number, number],
  to: readonly [number, number],
): (value: number) => number {
  const slope = (to[1] - to[0]) / (from[1] - from[0]);
  return (value) => to[0] + (value - from[0]) * slope;
}

/** Four to eleven multiples of 1, 2 or 5 times a power of ten, from one not above `low` to one not below `high`. */
export function niceTicks(low: number, high: number): number[] {
  assert(low < high, "an axis has a length");
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((of) => of * power >= rough) ?? 10) * power;
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step);
  return Array.from({ length: last - first + 1 }, (_, at) => (first + at) * step);
}

/** As many as tell the ticks apart. */
function decimalsOf(ticks: readonly number[]): number {
  return Math.max(0, Math.ceil(-Math.log10(ticks[1] - ticks[0]) - 1e-9));
}
