export { type JoinerOptions, probabilityOf } from "./joiner.ts";
export { shownBucket } from "./shownFeatures.ts";
export { Trainer, type TrainerOptions, type TrainerStats } from "./trainer.ts";
