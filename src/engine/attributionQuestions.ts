import type {
  JourneyRequest,
  LiveCompareRequest,
  LiveComparison,
  LiveCredit,
  LiveCreditRequest,
  LivePaths,
  LivePathsRequest,
  TimeToConversionAnswer,
} from "../attribution/index.ts";

interface Question<Request, Answer> {
  readonly asks: { readonly request: Request };
  readonly answer: Answer;
}

/** What is asked of the attribution thread, and what is answered, by kind. */
export interface AttributionQuestions {
  /** Sessions in which these accounts did something as nobody yet. */
  readonly sessionsOf: {
    readonly asks: { readonly accounts: readonly string[] };
    readonly answer: readonly string[];
  };
  readonly compare: Question<LiveCompareRequest, LiveComparison>;
  readonly credit: Question<LiveCreditRequest, LiveCredit>;
  readonly paths: Question<LivePathsRequest, LivePaths>;
  readonly timeToConversion: Question<JourneyRequest, TimeToConversionAnswer>;
}
