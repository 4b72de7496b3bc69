/** The attribution thread: who converted, and why they came. */
import { type AttributionView, timeToConversion } from "../attribution/index.ts";
import type { AttributionQuestions } from "./attributionQuestions.ts";
import { followView } from "./followView.ts";
import { keptAttribution } from "./keptAttribution.ts";
import type { QuestionOf } from "./viewProtocol.ts";

await followView<AttributionView, AttributionQuestions>({ keptView: keptAttribution, answerTo });

function answerTo(question: QuestionOf<AttributionQuestions>, view: AttributionView): unknown {
  switch (question.kind) {
    case "timeToConversion":
      return timeToConversion(view, question.request);
  }
}
