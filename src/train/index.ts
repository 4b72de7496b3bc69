export { Trainer, type TrainerOptions, type TrainerStats } from "./trainer.ts";
