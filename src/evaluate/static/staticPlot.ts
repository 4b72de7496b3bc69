import type { Interval } from "../interval.ts";
import { linePlot } from "../linePlot.ts";
import type { DayReport, StaticReport } from "./staticExperiment.ts";

/** AUC and log loss by the day since the second part began, a line an arm. */
export function staticPlot(
  report: StaticReport,
  about: { readonly name: string; readonly seedCount: number },
): string {
  const names = [...new Set(report.arms.map(({ name }) => name))];
  const linesOf = (figure: (day: DayReport) => Interval | null) =>
    report.arms.map(({ name, kind, byDay }) => ({
      colour: names.indexOf(name),
      isDashed: kind === "once",
      points: byDay.map((day) => ({ x: day.day, y: figure(day)?.mean ?? null })),
    }));
  const back = report.windowDays === null ? "everything" : `the last ${report.windowDays} days`;
  return linePlot({
    title: "Models that stand still, and one that learns on",
    notes: [
      `${about.name}; means of ${about.seedCount} seeds. Retrained on ${back} ${
        report.retrainDays === 1 ? "each night" : `every ${report.retrainDays} nights`
      }.`,
    ],
    xLabel: "days since the second part of the stream began",
    colours: names,
    strokes: { solid: "learns on, or each night", dashed: "trained once" },
    panels: [
      { yLabel: "AUC", lines: linesOf(({ auc }) => auc) },
      { yLabel: "log loss", lines: linesOf(({ logLoss }) => logLoss) },
    ],
  });
}
