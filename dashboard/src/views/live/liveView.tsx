import type { JSX } from "preact";
import { useScope, useSession } from "../../api/session.ts";
import { useLive } from "../../api/useLive.ts";
import { Message } from "../../components/message.tsx";
import { moment } from "../../format.ts";
import { Alarms } from "./alarms.tsx";
import { EvaluationPanel } from "./evaluationPanel.tsx";
import { LearningStrips } from "./learningStrips.tsx";
import { Loop } from "./loop.tsx";
import { Numbers } from "./numbers.tsx";
import { Occupancy } from "./occupancy.tsx";
import { Requests } from "./requests.tsx";

/** Home: is it healthy, is it fast, does it learn; and the loop from a like to the list that it changes. */
export function LiveView(): JSX.Element {
  const { client } = useSession();
  const mayRead = useScope("read");
  const { reading, series, trouble } = useLive(client, mayRead);
  if (!mayRead) {
    return (
      <>
        <h1>Live</h1>
        <Message>
          Your key has not the scope <code>read</code>, which this view needs.
        </Message>
      </>
    );
  }
  return (
    <>
      <div class="view-head">
        <h1>Live</h1>
        <StateLine reading={reading} trouble={trouble} />
      </div>
      <Numbers reading={reading} />
      <div class="columns two-rows">
        <LearningStrips series={series} />
        <div class="stack">
          <Loop />
          <Alarms reading={reading} />
        </div>
        <EvaluationPanel />
      </div>
      <div class="columns halves">
        <Occupancy reading={reading} />
        <Requests reading={reading} />
      </div>
    </>
  );
}

function StateLine({
  reading,
  trouble,
}: Pick<ReturnType<typeof useLive>, "reading" | "trouble">): JSX.Element {
  const words = trouble?.message ?? wordsOf(reading);
  const isBad = trouble !== undefined || reading?.status.readOnly === true;
  return (
    <span class="small soft" role="status">
      <span class={isBad ? "state bad" : "state"}>{words}</span>
      {isBad && reading !== undefined && ` Numbers as of ${moment(reading.time)}.`}
    </span>
  );
}

function wordsOf(reading: ReturnType<typeof useLive>["reading"]): string {
  if (reading === undefined) return "Connecting";
  const { ready, readOnly } = reading.status;
  if (readOnly) return "The log takes nothing since a failed write. Restart the service.";
  return ready ? "Up to date, every second" : "Catching up with its log";
}
