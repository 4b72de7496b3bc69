/** What is asked of the live view, and its answers. */
import type { History } from "../history.ts";
import {
  type JourneyOptions,
  journeysOf,
  TimeToConversion,
  type TimeToConversionRow,
} from "../journeys/index.ts";
import type { AttributionView } from "./attributionView.ts";
import { historiesOf } from "./resolve.ts";

export type JourneyRequest = Omit<JourneyOptions, "endOfData">;

export interface TimeToConversionAnswer {
  readonly rows: readonly TimeToConversionRow[];
  /** Of the newest record that is in it, epoch milliseconds; 0: none. */
  readonly logTime: number;
}

export function timeToConversion(
  view: AttributionView,
  request: JourneyRequest,
): TimeToConversionAnswer {
  const times = new TimeToConversion();
  const options: JourneyOptions = { ...request, endOfData: view.state.endOfData };
  for (const history of histories(view)) {
    for (const journey of journeysOf(history, options)) times.add(journey);
  }
  return { rows: times.report(), logTime: view.logTime };
}

/** Without money: journeys are counted. */
function histories(view: AttributionView): Iterable<History> {
  return historiesOf(view.state.identities(), () => 0);
}
