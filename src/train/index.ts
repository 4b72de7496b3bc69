export { type Alarm, alarmKinds, questions } from "./alarms.ts";
export { ExampleMaker, type ExampleMakerOptions } from "./exampleMaker.ts";
export type { ExampleAsked, ExampleStep, ExampleTaught } from "./exampleStep.ts";
export { Health, type HealthReport } from "./health.ts";
export { type JoinerOptions, probabilityOf } from "./joiner.ts";
export { type KeptNegativesOptions, keptNegativesProbability } from "./keptNegatives.ts";
export type { QuestionHealth } from "./questionHealth.ts";
export {
  type ResponseOptions,
  Trainer,
  type TrainerOptions,
  type TrainerStats,
} from "./trainer.ts";
