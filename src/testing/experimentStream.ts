/** Seeded streams of what happens while experiments run, as records of a log. */
import { hash32, Random } from "../core/index.ts";
import { type Event, eventKey, type LogRecord } from "../event/index.ts";
import { streamTime } from "./feedbackStream.ts";

/** As the log has it; so small that accounts go beyond. */
const definitionOf = (windowSeconds: number): string =>
  JSON.stringify({
    accountsMax: 20,
    salt: "a",
    variants: [
      { name: "control", weight: 1 },
      { name: "new", weight: 2 },
    ],
    windowSeconds,
  });

/**
 * Two experiments over a few accounts and sessions: lists of both, of an unknown one and of an unknown variant, feedback
 * before, within and after windows, of all signs, in fractions; erasures; one experiment is defined again, once as it was
 * and once as another.
 */
export function experimentStream({
  seed,
  count,
}: {
  readonly seed: number;
  readonly count: number;
}): LogRecord[] {
  const random = new Random(seed);
  let offset = 0;
  let logTime = streamTime;
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)];
  const next = (index: number): Event => {
    const time = logTime;
    const who = random.below(5) === 0 ? { session: `s${random.below(9)}` } : {};
    const account = `a${random.below(30)}`;
    const sender = "session" in who ? who : { account };
    const isDefined = [0, 1, Math.floor(count / 3), Math.floor(count / 2)].indexOf(index);
    if (isDefined >= 0) {
      const experiment = ["ranking", "layout", "ranking", "ranking"][isDefined];
      const definition = definitionOf([600, 60, 600, 300][isDefined]);
      return { type: "experiment_set", time, context: { experiment, definition } };
    }
    const kind = random.below(20);
    if (kind < 7) {
      const context = {
        "experiment.ranking": pick(["control", "new"]),
        ...(random.below(2) === 0 && { "experiment.layout": pick(["control", "new", "gone"]) }),
        ...(random.below(9) === 0 && { "experiment.unknown": "new" }),
        mood: "calm",
      };
      return { type: "served", time, ...sender, request: `r${index}`, context, list: [] };
    }
    if (kind === 7 && random.below(3) === 0) return { type: "erase", time, account };
    if (kind === 8) return { type: "heartbeat", time };
    const type = pick(["like", "skip", "comment", "view_content", "unlike", "access"]);
    return { type, time, ...sender, item: `i${random.below(9)}` };
  };
  return Array.from({ length: count }, (_, index) => {
    logTime += random.below(60_000);
    offset += 1 + random.below(3);
    const event = next(index);
    return { partition: hash32(eventKey(event)) % 4, offset, logTime, event };
  });
}
