/** What is said between the engine and a thread that follows the log with a view of its own. */
import type { ErrorCode } from "../core/index.ts";
import type { SharedLog } from "../log/index.ts";
import type { RefusedSnapshot } from "../storage/index.ts";
import type { Config } from "./configSchema.ts";

/** What the engine gives such a thread. */
export interface ViewWorkerData {
  readonly config: Config;
  readonly log: SharedLog;
}

/** What is asked and what is answered, by kind. */
export type QuestionsLike<Questions> = {
  readonly [Kind in keyof Questions]: { readonly asks: object; readonly answer: unknown };
};

export type QuestionOf<Questions extends QuestionsLike<Questions>> = {
  [Kind in keyof Questions]: { readonly kind: Kind } & Questions[Kind]["asks"];
}[keyof Questions];

/** What the engine asks; what has an id is answered with it. */
export type ViewWorkerRequest<Question> =
  | { readonly kind: "stop" }
  /** A snapshot with every record below the offset, and then none from before; answered by `kept`. */
  | { readonly kind: "keepOnlyFrom"; readonly offset: number }
  /** What was said is in the log, below the offset: the thread may say more once it has come there. The first one lets it begin. */
  | { readonly kind: "said"; readonly end: number }
  /** Answered by `applied` once every record below the offset has been. */
  | { readonly kind: "applied"; readonly id: number; readonly offset: number }
  /** Answered between two records. */
  | { readonly kind: "question"; readonly id: number; readonly question: Question };

/** A FoldbackError as it crosses threads. */
export interface QuestionFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What the thread says. */
export type ViewWorkerReport =
  | {
      readonly kind: "restored";
      /** Offset it goes on from; 0: it has no snapshot, and reads the whole log again. */
      readonly sequence: number;
      readonly refused: readonly RefusedSnapshot[];
    }
  | { readonly kind: "saveFailed"; readonly sequence: number; readonly reason: string }
  /** Of a `keepOnlyFrom`; with why it could not be done. */
  | { readonly kind: "kept"; readonly offset: number; readonly failure?: string }
  /** What is to go into the log; the next comes after a `said`. */
  | { readonly kind: "says"; readonly sayings: readonly unknown[] }
  | { readonly kind: "applied"; readonly id: number }
  | { readonly kind: "answer"; readonly id: number; readonly answer: unknown }
  | { readonly kind: "refusal"; readonly id: number; readonly failure: QuestionFailure };
