export { type JoinerOptions, type JoinerStats, probabilityOf } from "./joiner.ts";
export { decodeShown, encodeShown, type ShownFeatures, shownBucket } from "./shownFeatures.ts";
export { Trainer, type TrainerOptions, type TrainerStats } from "./trainer.ts";
