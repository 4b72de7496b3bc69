/** What the monitor of training tells an operator. */

/** `next`: which item an account takes next; `response`: whether a shown item is acted on. */
export const questions = ["next", "response"] as const;
export type Question = (typeof questions)[number];

export const alarmKinds = [
  "drift",
  "overfitting",
  "calibration",
  "worseThanMean",
  "notFinite",
] as const;
export type AlarmKind = (typeof alarmKinds)[number];

interface AlarmAt {
  readonly question: Question;
  /** Of the record that gave rise to it. */
  readonly offset: number;
  /** Epoch milliseconds. */
  readonly logTime: number;
}

/** Something is wrong with what is learned, or with what it is learned from. */
export type Alarm =
  /**
   * The model foretells worse than it did: its log loss, as a share of that of the mean label (the
   * normalised entropy), has risen from `before` to `after`, over the latest `steps`.
   */
  | (AlarmAt & {
      readonly kind: "drift";
      readonly before: number;
      readonly after: number;
      readonly steps: number;
    })
  /** What was learned is foretold far better than what was not yet: mean log losses over `steps` of each. */
  | (AlarmAt & {
      readonly kind: "overfitting";
      readonly validationLoss: number;
      readonly trainingLoss: number;
      readonly steps: number;
    })
  /** The mean prediction is far from the mean label, over the latest `examples`. */
  | (AlarmAt & {
      readonly kind: "calibration";
      readonly predicted: number;
      readonly observed: number;
      readonly examples: number;
    })
  /** To say the mean label always would be better, over the latest `examples`: mean log losses. */
  | (AlarmAt & {
      readonly kind: "worseThanMean";
      readonly logLoss: number;
      readonly baseLogLoss: number;
      readonly examples: number;
    })
  /** A prediction is no number: weights have run away. */
  | (AlarmAt & { readonly kind: "notFinite" });
