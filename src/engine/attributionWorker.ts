/** The attribution thread: who converted, and what came before. */
import {
  type AttributionView,
  compareLive,
  creditLive,
  pathsLive,
  timeToConversion,
} from "../attribution/index.ts";
import type { AttributionQuestions } from "./attributionQuestions.ts";
import { followView } from "./followView.ts";
import { keptAttribution } from "./keptAttribution.ts";
import type { QuestionOf } from "./viewProtocol.ts";

await followView<AttributionView, AttributionQuestions>({ keptView: keptAttribution, answerTo });

function answerTo(question: QuestionOf<AttributionQuestions>, view: AttributionView): unknown {
  switch (question.kind) {
    case "sessionsOf":
      return view.state.sessionsOf(new Set(question.accounts));
    case "compare":
      return compareLive(view, question.request);
    case "credit":
      return creditLive(view, question.request);
    case "paths":
      return pathsLive(view, question.request);
    case "timeToConversion":
      return timeToConversion(view, question.request);
  }
}
