/** The picture of the policies of retraining, as SVG. */
import { linePlot } from "../linePlot.ts";
import type { RetrainingReport } from "./retraining.ts";

export function retrainingPlot({ accounts, months, policies, runCost }: RetrainingReport): string {
  const line = (
    colour: number,
    isDashed: boolean,
    values: readonly number[],
  ): { colour: number; isDashed: boolean; points: { x: number; y: number }[] } => ({
    colour,
    isDashed,
    points: values.map((y, at) => ({ x: at + 1, y })),
  });
  return linePlot({
    title: "When to count the people of an account anew",
    notes: [
      `${accounts} accounts over ${months} months in which devices, homes, routines and people change`,
      `a run costs as much as ${runCost} wrong sessions; each looks back on three months`,
    ],
    xLabel: "months after the first run",
    colours: policies.map(({ name, runs }) => `${name}: ${runs.mean.toFixed(1)} a year`),
    strokes: { solid: "as the model says", dashed: "without silent persons" },
    panels: [
      {
        yLabel: "sessions given to the right person",
        lines: policies.map(({ byMonth }, at) =>
          line(
            at,
            false,
            byMonth.map(({ assignment }) => assignment),
          ),
        ),
      },
      {
        yLabel: "|people counted − there|",
        lines: policies.flatMap(({ byMonth }, at) => [
          line(
            at,
            false,
            byMonth.map(({ countError }) => countError),
          ),
          line(
            at,
            true,
            byMonth.map(({ countErrorActive }) => countErrorActive),
          ),
        ]),
      },
    ],
  });
}
