export { type Alarm, alarmKinds, questions } from "./alarms.ts";
export { Health, type HealthReport } from "./health.ts";
export { type JoinerOptions, probabilityOf } from "./joiner.ts";
export type { QuestionHealth } from "./questionHealth.ts";
export { shownBucket } from "./shownFeatures.ts";
export { Trainer, type TrainerOptions, type TrainerStats } from "./trainer.ts";
