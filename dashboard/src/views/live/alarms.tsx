import type { JSX } from "preact";
import { Message } from "../../components/message.tsx";
import { Panel } from "../../components/panel.tsx";
import { count, moment } from "../../format.ts";
import type { ReadingProps } from "./reading.ts";

const meanings = {
  drift: "It foretells worse than it did.",
  overfitting: "It knows what it has learned far better than what comes.",
  calibration: "Its predictions are too high or too low on average.",
  worseThanMean: "To say the mean always would be better.",
  notFinite: "A prediction was no number.",
} as const;

const asked = { next: "next item", response: "responses" } as const;

export function Alarms({ reading }: ReadingProps): JSX.Element {
  const alarms = [...(reading?.status.health.recentAlarms ?? [])].reverse();
  return (
    <Panel title="Alarms" note="times in your zone">
      {alarms.length === 0 ? (
        <Message>
          {reading === undefined ? "Connecting" : "None: what is learned looks well."}
        </Message>
      ) : (
        <ul class="plain limited">
          {alarms.map(({ kind, question, offset, logTime }) => (
            <li key={`${kind} ${question} ${offset}`}>
              <span class="name">
                <strong>{kind}</strong> of {asked[question]}. {meanings[kind]}
              </span>
              <span class="soft">
                {moment(logTime)}, record {count(offset)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
