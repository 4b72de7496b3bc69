import type { JSX } from "preact";
import type { LiveSeries } from "../../api/liveSeries.ts";
import { Panel } from "../../components/panel.tsx";
import { Strip } from "../../components/strip.tsx";
import { fixed, rate } from "../../format.ts";

/** What came in and what was learned, and how well it was foretold. */
export function LearningStrips({ series }: { readonly series: LiveSeries }): JSX.Element {
  const { time, events, examples, auc, entropy } = series;
  return (
    <Panel title="Learning" note="the last five minutes">
      <Strip
        title="Events and examples a second"
        x={time}
        isTime
        written={rate}
        lines={[
          { label: "examples a second", values: examples, latest: rate(examples.at(-1)) },
          { label: "events a second", values: events, latest: rate(events.at(-1)) },
        ]}
      />
      <Strip
        title="How well the next item is foretold, before it is learned"
        x={time}
        isTime
        range={[0, 1.2]}
        written={(value) => fixed(value, 1)}
        lines={[
          {
            label: "AUC (0.5 is guessing)",
            values: auc,
            latest: fixed(auc.at(-1), 3),
          },
          {
            label: "log loss against always saying the mean (1 is no better)",
            values: entropy,
            latest: fixed(entropy.at(-1), 3),
          },
        ]}
      />
    </Panel>
  );
}
