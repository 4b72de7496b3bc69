import type {
  AccountPeopleReport,
  AccountReportOptions,
  AssignReply,
  AssignRequest,
  PeopleSummary,
  SummaryOptions,
} from "../people/index.ts";

/** What is asked of the people thread, and what is answered, by kind. */
export interface PeopleQuestions {
  readonly account: {
    readonly asks: { readonly account: string; readonly options: AccountReportOptions };
    /** Undefined of an account of which nothing is kept. */
    readonly answer: AccountPeopleReport | undefined;
  };
  readonly summary: {
    readonly asks: Pick<SummaryOptions, "weeks">;
    readonly answer: PeopleSummary;
  };
  readonly assign: {
    readonly asks: { readonly request: AssignRequest };
    /** Undefined of an account that is not counted. */
    readonly answer: AssignReply | undefined;
  };
}
