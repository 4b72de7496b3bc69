import { feedbackStream } from "../testing/feedbackStream.ts";
import { smallLearner } from "../testing/smallLearner.ts";
import { viewConformance } from "../testing/viewConformance.ts";

const records = feedbackStream({ seed: 2, count: 400, accountCount: 12, itemCount: 40 });

viewConformance("the trainer and its model", {
  records,
  cutCount: 8,
  // Every limit is below what the stream holds, and rows expire several times in it.
  makeView: () =>
    smallLearner({
      state: {
        partitionCount: 4,
        itemsMax: 30,
        accountsMax: 5,
        itemsPerAccountMax: 6,
        accountPropertiesBytesMax: 1000,
      },
      model: { ttlSeconds: 6 * 3600, admitAfter: 2 },
    }).trainer,
});
