import type { SeedResult, SeedTask } from "./arms.ts";
import { onlineArms } from "./onlineArms.ts";
import { queryArms } from "./queryArms.ts";
import { trainedArms } from "./trainedArms.ts";

/**
 * One seed of the experiment: every model goes over the second part of the stream, and says what it thinks.
 *
 * @throws FoldbackError REQUEST_INVALID for a first part that is next to nothing.
 */
export async function runStaticSeed(task: SeedTask): Promise<SeedResult> {
  const online = onlineArms(task);
  const trained = trainedArms(task);
  const asked = await queryArms(task, trained);
  return {
    arms: [...online, ...trained.arms, ...asked.arms],
    choices: trained.choices,
    stratification: trained.stratification,
    known: trained.known,
    segment: asked.segment,
  };
}
