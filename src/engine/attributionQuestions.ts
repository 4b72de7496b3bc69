import type { JourneyRequest, TimeToConversionAnswer } from "../attribution/index.ts";

/** What is asked of the attribution thread, and what is answered, by kind. */
export interface AttributionQuestions {
  readonly timeToConversion: {
    readonly asks: { readonly request: JourneyRequest };
    readonly answer: TimeToConversionAnswer;
  };
}
