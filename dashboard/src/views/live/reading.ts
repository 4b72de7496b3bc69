import type { LiveReading } from "foldback/client";

/** What a panel is given: undefined before the first reading, when it shows that there is nothing yet in the same room. */
export interface ReadingProps {
  readonly reading: LiveReading | undefined;
}
