import { MemorySections } from "../../embedding/index.ts";
import { sigmoid } from "../../model/index.ts";
import { StepLearner } from "../stepLearner.ts";
import type { SeedResult, SeedTask } from "./arms.ts";

/** The model that learns on, and the same one left as it was when the second part began. */
export function onlineArms({ stream, from, makeModel, onProgress }: SeedTask): SeedResult["arms"] {
  onProgress("online");
  const { steps, clock } = stream;
  const began = performance.now();
  const model = makeModel();
  new StepLearner(model, stream, clock[0]).run(0, from);
  const firstSeconds = (performance.now() - began) / 1000;
  const learned = new MemorySections();
  model.save(learned);
  const frozen = makeModel();
  frozen.restore(learned);

  const live = new Float64Array(stream.askedCount).fill(Number.NaN);
  const still = live.slice();
  const learner = new StepLearner(model, stream, clock[from]);
  for (let at = from; at < steps.length; at++) {
    learner.advance(clock[at]);
    const step = steps[at];
    if (step.kind === "taught") learner.teach(step);
    else {
      const features = stream.featuresOf(step.index);
      live[step.index] = sigmoid(model.predictOne(features));
      still[step.index] = sigmoid(frozen.predictOne(features));
    }
  }
  const trainingSeconds = (performance.now() - began) / 1000;
  frozen.release();
  model.release();
  return [
    { name: "online model", kind: "online", probabilities: live, trainingSeconds },
    { name: "online model", kind: "once", probabilities: still, trainingSeconds: firstSeconds },
  ];
}
