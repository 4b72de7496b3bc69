/** A picture of lines over days, in panels one below the other, as SVG: figures in, text out, the same to the byte. */
import { assert } from "../core/index.ts";
import { linearScale, niceTicks } from "./intervalPlot.ts";
import { centred, pixels, svgOf, text } from "./svg.ts";

export interface LinePlotOptions {
  readonly title: string;
  /** A line or two of what is to be known. */
  readonly notes: readonly string[];
  readonly xLabel: string;
  /** One or two; in each the same colours and x. */
  readonly panels: readonly LinePanel[];
  /** The colours, in their order: up to six. */
  readonly colours: readonly string[];
  /** What a line that is solid, and one that is dashed, stands for. */
  readonly strokes: { readonly solid: string; readonly dashed: string };
}

export interface LinePanel {
  readonly yLabel: string;
  readonly lines: readonly {
    /** Index of `colours`. */
    readonly colour: number;
    readonly isDashed: boolean;
    /** In the order of x; null: nothing is known there, and the line is broken. */
    readonly points: readonly { readonly x: number; readonly y: number | null }[];
  }[];
}

const width = 760;
const frame = { left: 76, right: 740 };
const noteHeight = 18;
const panelHeight = 250;
const panelGap = 34;
const footHeight = 52;
const legend = { columns: 3, columnWidth: 222, rowHeight: 20, swatch: 26 };
const colourMax = 6;

/** The first one is drawn thicker: it is what the others are compared with. Colours by the reader's scheme. */
const style = `
  svg { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; }
  .background { fill: #ffffff; } text { fill: #1f2328; } .title { font-size: 15px; font-weight: 600; }
  .quiet { fill: #59636e; } .grid { stroke: #d8dee4; } polyline, .swatch { fill: none; stroke-width: 1.7; }
  .dashed { stroke-dasharray: 5 4; } .plain { stroke: #59636e; } circle { stroke: none; }
  .c0 { stroke: #0b5cad; fill: #0b5cad; stroke-width: 3 !important; } .c1 { stroke: #b3450b; fill: #b3450b; }
  .c2 { stroke: #1a7f37; fill: #1a7f37; } .c3 { stroke: #8250df; fill: #8250df; }
  .c4 { stroke: #bf3989; fill: #bf3989; } .c5 { stroke: #7d6608; fill: #7d6608; }
  polyline { fill: none !important; }
  @media (prefers-color-scheme: dark) {
    .background { fill: #0d1117; } text { fill: #e6edf3; }
    .quiet { fill: #9aa5b1; } .grid { stroke: #2b323b; } .plain { stroke: #9aa5b1; }
    .c0 { stroke: #6cb2ff; fill: #6cb2ff; } .c1 { stroke: #ffa35c; fill: #ffa35c; }
    .c2 { stroke: #56d364; fill: #56d364; } .c3 { stroke: #bc8cff; fill: #bc8cff; }
    .c4 { stroke: #ff80c5; fill: #ff80c5; } .c5 { stroke: #e3c04b; fill: #e3c04b; }
  }
`;

export function linePlot(options: LinePlotOptions): string {
  const { title, notes, xLabel, panels, colours, strokes } = options;
  assert(panels.length >= 1 && panels.length <= 2, "a picture has one panel or two");
  assert(colours.length <= colourMax, "more than six colours are not told apart");
  const entries = [
    ...colours.map((name, colour) => ({ name, kind: `c${colour}` })),
    { name: strokes.solid, kind: "plain" },
    { name: strokes.dashed, kind: "plain dashed" },
  ];
  const legendTop = 38 + noteHeight * (notes.length + 1);
  const top = legendTop + legend.rowHeight * Math.ceil(entries.length / legend.columns) + 4;
  const height = top + panels.length * panelHeight + (panels.length - 1) * panelGap + footHeight;
  const xs = panels.flatMap(({ lines }) => lines.flatMap(({ points }) => points.map(({ x }) => x)));
  const xTicks = ticksOver(xs);
  const x = linearScale([xTicks[0], Math.max(...xs, xTicks[1])], [frame.left, frame.right]);
  const shownTicks = xTicks.filter((tick) => x(tick) <= frame.right + 0.5);
  const parts = [
    `<rect class="background" width="${width}" height="${height}"/>`,
    text(frame.left, 26, title, `class="title"`),
    ...notes.map((note, at) => text(frame.left, 48 + noteHeight * at, note, `class="quiet"`)),
    ...entries.flatMap(({ name, kind }, at) => legendEntry(name, kind, at, legendTop)),
    ...panels.flatMap((panel, at) =>
      panelParts(panel, top + at * (panelHeight + panelGap), x, shownTicks),
    ),
    text((frame.left + frame.right) / 2, height - 12, xLabel, centred),
  ];
  return svgOf({ width, height, title, style, parts });
}

function panelParts(
  { yLabel, lines }: LinePanel,
  top: number,
  x: (value: number) => number,
  xTicks: readonly number[],
): string[] {
  const bottom = top + panelHeight;
  const ys = lines.flatMap(({ points }) => points.flatMap(({ y }) => (y === null ? [] : [y])));
  const ticks = ticksOver(ys);
  const y = linearScale([ticks[0], ticks[ticks.length - 1]], [bottom, top]);
  const decimals = Math.max(0, Math.ceil(-Math.log10(ticks[1] - ticks[0]) - 1e-9));
  const middle = (top + bottom) / 2;
  return [
    ...ticks.flatMap((tick) => [
      `<line class="grid" x1="${frame.left}" y1="${pixels(y(tick))}" x2="${frame.right}" y2="${pixels(y(tick))}"/>`,
      text(frame.left - 8, y(tick) + 4, tick.toFixed(decimals), `class="quiet" text-anchor="end"`),
    ]),
    ...xTicks.map((tick) => text(x(tick), bottom + 20, String(tick), `class="quiet" ${centred}`)),
    text(0, 0, yLabel, `${centred} transform="translate(20 ${pixels(middle)}) rotate(-90)"`),
    // The first colour last, on top of the others.
    ...[...lines]
      .sort((a, b) => b.colour - a.colour)
      .flatMap(({ colour, isDashed, points }) =>
        stretches(points).map((stretch) => {
          const kind = `class="c${colour}${isDashed ? " dashed" : ""}"`;
          if (stretch.length === 1) {
            return `<circle ${kind} cx="${pixels(x(stretch[0].x))}" cy="${pixels(y(stretch[0].y))}" r="2.5"/>`;
          }
          const list = stretch.map((point) => `${pixels(x(point.x))},${pixels(y(point.y))}`);
          return `<polyline ${kind} points="${list.join(" ")}"/>`;
        }),
      ),
  ];
}

/** Points next to each other that are known. */
function stretches(
  points: LinePanel["lines"][number]["points"],
): { readonly x: number; readonly y: number }[][] {
  const found: { x: number; y: number }[][] = [[]];
  for (const { x, y } of points) {
    if (y === null) found.push([]);
    else found[found.length - 1].push({ x, y });
  }
  return found.filter((stretch) => stretch.length > 0);
}

function legendEntry(name: string, kind: string, at: number, top: number): string[] {
  const left = frame.left + (at % legend.columns) * legend.columnWidth;
  const y = top + Math.floor(at / legend.columns) * legend.rowHeight;
  return [
    `<line class="swatch ${kind}" x1="${left}" y1="${y - 4}" x2="${left + legend.swatch}" y2="${y - 4}"/>`,
    text(left + legend.swatch + 6, y, name, ""),
  ];
}

/** Also of one value, or of none. */
function ticksOver(values: readonly number[]): number[] {
  const low = values.length === 0 ? 0 : Math.min(...values);
  const high = values.length === 0 ? 1 : Math.max(...values);
  return niceTicks(low, low < high ? high : low + 1);
}
