export { type AccountHistory, AccountHistories, wantedMax } from "./accountHistories.ts";
export { CoOccurrence } from "./coOccurrence.ts";
export { defaultFeedbackRules, type Feedback, feedbackOf, type FeedbackRule, type FeedbackRules } from "./feedback.ts";
export { accountIdOf, ItemIndex, itemIdOf } from "./itemIndex.ts";
export { type SignalContext, signalCount, type SignalPart, Signals } from "./signals.ts";
export { StreamState, type StreamStateOptions, trendHalfLivesMs } from "./streamState.ts";
export { Trends } from "./trends.ts";
