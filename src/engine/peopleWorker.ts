/** The people thread: who is behind accounts. */
import { accountReport, assignReply, type PeopleView, peopleSummary } from "../people/index.ts";
import type { Config } from "./configSchema.ts";
import { followView } from "./followView.ts";
import { keptPeople } from "./keptPeople.ts";
import type { PeopleQuestions } from "./peopleQuestions.ts";
import type { QuestionOf } from "./viewProtocol.ts";

/** So many sessions are said at a time, or those of one account. */
const saidAtOnce = 500;

await followView<PeopleView, PeopleQuestions>({
  keptView: keptPeople,
  answerTo,
  unsaid: (view) => view.unsaid(saidAtOnce),
});

function answerTo(
  question: QuestionOf<PeopleQuestions>,
  view: PeopleView,
  config: Config,
): unknown {
  switch (question.kind) {
    case "account":
      return accountReport(view, question.account, question.options);
    case "summary":
      return peopleSummary(view, {
        suppressBelow: config.people.suppressBelow,
        weeks: question.weeks,
      });
    case "assign":
      return assignReply(view, question.request);
  }
}
