export { ExampleMaker, type ExampleMakerOptions, type LabelRules } from "./exampleMaker.ts";
export type { ExampleAsked, ExampleStep, ExampleTaught } from "./exampleStep.ts";
export { type JoinerOptions, probabilityOf } from "./joiner.ts";
export {
  type ResponseOptions,
  Trainer,
  type TrainerOptions,
  type TrainerStats,
} from "./trainer.ts";
