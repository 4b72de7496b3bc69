import type { LiveReading } from "foldback/client";

/** Five minutes, at one reading a second. */
const pointsMax = 300;

/** A number that is not known is a gap in the line. */
type Column = (number | null)[];

/** The latest readings as lines need them: columns of equal length, the oldest first. */
export class LiveSeries {
  /** Epoch seconds. */
  readonly time: Column = [];
  readonly events: Column = [];
  readonly examples: Column = [];
  readonly auc: Column = [];
  /** Log loss as a share of that of the mean label. */
  readonly entropy: Column = [];

  add({ time, eventsPerSecond, status }: LiveReading): void {
    const { examplesPerSecond, questions } = status.health;
    const [window] = questions.next.windows;
    put(this.time, time / 1000);
    put(this.events, eventsPerSecond);
    put(this.examples, examplesPerSecond);
    put(this.auc, window?.auc ?? null);
    put(this.entropy, window?.normalisedEntropy ?? null);
  }
}

function put(column: Column, value: number | null): void {
  column.push(value);
  if (column.length > pointsMax) column.shift();
}
