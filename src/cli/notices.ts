/** What happens while it serves, in words. */
import type { Alarm, Notice } from "../engine/index.ts";
import type { ProjectNotice, RequestLine } from "../http/index.ts";
import { formatCount } from "./output.ts";

export function describeRequest(line: RequestLine): string {
  const { id, caller, method, route, status, milliseconds, code = "" } = line;
  return [status, `${milliseconds.toFixed(1)} ms`, method, route, caller, id, code]
    .filter((part) => part !== "")
    .join("  ");
}

export function describe(notice: Notice | ProjectNotice): string {
  switch (notice.kind) {
    case "snapshotRefused":
      return `Snapshot ${notice.path} is not used: ${notice.reason}.`;
    case "rebuilding":
      return `Learning records ${formatCount(notice.from)} to ${formatCount(notice.to)} of the log again.`;
    case "snapshotSaved":
      return (
        `Snapshot at record ${formatCount(notice.offset)}: training stood still for ` +
        `${notice.stallMs.toFixed(0)} ms, then for at most ${notice.longestTurnMs.toFixed(0)} ms at once.`
      );
    case "snapshotFailed":
      return `The snapshot at record ${formatCount(notice.offset)} could not be written: ${notice.reason}.`;
    case "erasureFailed":
      return `An erasure that was begun could not be ended: ${notice.reason}. It is tried again at the next start.`;
    case "kafka":
      return `Kafka: ${notice.message}.`;
    case "retained":
      return `${formatCount(notice.events)} events were older than is allowed, and are gone from the log.`;
    case "retentionFailed":
      return `Events that are too old could not be taken out: ${notice.reason}. It is tried again later.`;
    case "projectOpened":
      return (
        `Open: ${formatCount(notice.records)} records in the log, learned up to ` +
        `${formatCount(notice.restoredFrom)}.`
      );
    case "projectFailed":
      return `FAILED: ${notice.reason} (${notice.code}). It is tried again.`;
    case "projectReadOnly":
      return "READ ONLY: a write to its log has failed. It is opened again when its disk takes writes.";
    default:
      return describeAlarm(notice);
  }
}

/** What is asked, in an alarm's words. */
const questionNames: Record<Alarm["question"], string> = {
  next: "which item is taken next",
  response: "whether a shown item is acted on",
};

function describeAlarm(alarm: Alarm): string {
  return `ALARM at record ${formatCount(alarm.offset)}: ${whatIsWrong(alarm)}.`;
}

function whatIsWrong(alarm: Alarm): string {
  const question = questionNames[alarm.question];
  switch (alarm.kind) {
    case "drift":
      return (
        `it is foretold worse than it was, ${question}: a log loss of ${alarm.after.toFixed(2)} times that of ` +
        `the mean over the last ${formatCount(alarm.steps)} steps, ${alarm.before.toFixed(2)} before`
      );
    case "overfitting":
      return (
        `examples are learned by heart, for ${question}: a log loss of ${alarm.trainingLoss.toFixed(3)} after ` +
        `learning, ${alarm.validationLoss.toFixed(3)} before; lower the learning rates, or raise l2`
      );
    case "calibration":
      return (
        `predictions are off, of ${question}: ${alarm.predicted.toPrecision(3)} on average, where ` +
        `${alarm.observed.toPrecision(3)} was so, over ${formatCount(alarm.examples)} examples`
      );
    case "worseThanMean":
      return (
        `the model is worse than no model, at ${question}: a log loss of ${alarm.logLoss.toFixed(3)}, where ` +
        `that of the mean is ${alarm.baseLogLoss.toFixed(3)}, over ${formatCount(alarm.examples)} examples`
      );
    case "notFinite":
      return `a prediction is no number, of ${question}; lower the learning rates and learn the log again`;
  }
}
