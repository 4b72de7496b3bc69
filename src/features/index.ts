export { wantedMax } from "./accountHistories.ts";
export { AccountNeighbours } from "./accountNeighbours.ts";
export {
  ExampleFeatures,
  type FeatureMoment,
  featureSources,
  type SlotFeature,
  type SlotRules,
} from "./exampleFeatures.ts";
export {
  defaultFeedbackRules,
  type Feedback,
  type FeedbackRules,
  feedbackOf,
  watchedShare,
} from "./feedback.ts";
export { accountIdOf, ItemIndex, itemIdOf } from "./itemIndex.ts";
export type { Withheld } from "./itemProperties.ts";
export {
  lookUpMax,
  type SignalContext,
  type SignalPart,
  Signals,
  signalCount,
  signalNames,
  unlearnedScore,
} from "./signals.ts";
export { StreamState, type StreamStateOptions, trendHalfLivesMs } from "./streamState.ts";
export { Trends } from "./trends.ts";
