export { type Alarm, type AlarmKind, alarmKinds, type Question, questions } from "./alarms.ts";
export { Health, type HealthReport } from "./health.ts";
export { type JoinerOptions, probabilityOf } from "./joiner.ts";
export type { HealthOptions, QuestionHealth } from "./questionHealth.ts";
export { shownBucket } from "./shownFeatures.ts";
export type { WindowMetrics } from "./slidingMetrics.ts";
export { Trainer, type TrainerOptions, type TrainerStats } from "./trainer.ts";
