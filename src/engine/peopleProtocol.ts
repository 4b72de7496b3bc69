import type { SharedLog } from "../log/index.ts";
import type {
  AccountPeopleReport,
  AssignReply,
  AssignRequest,
  PeopleSummary,
  SessionPerson,
} from "../people/index.ts";
import type { RefusedSnapshot } from "../storage/index.ts";
import type { Config } from "./configSchema.ts";

/** What the engine gives the people thread. */
export interface PeopleWorkerData {
  readonly config: Config;
  readonly log: SharedLog;
}

/** What is asked, and what is answered, by kind. */
export interface PeopleQuestions {
  readonly account: {
    readonly asks: { readonly account: string; readonly withSessions: boolean };
    /** Undefined of an account of which nothing is kept. */
    readonly answer: AccountPeopleReport | undefined;
  };
  readonly summary: { readonly asks: object; readonly answer: PeopleSummary };
  readonly assign: {
    readonly asks: { readonly request: AssignRequest };
    /** Undefined of an account that is not counted. */
    readonly answer: AssignReply | undefined;
  };
}
export type PeopleQuestionKind = keyof PeopleQuestions;
export type PeopleQuestion = {
  [Kind in PeopleQuestionKind]: { readonly kind: Kind } & PeopleQuestions[Kind]["asks"];
}[PeopleQuestionKind];

/** What the engine asks of the people thread; what has an id is answered with it. */
export type PeopleWorkerRequest =
  | { readonly kind: "stop" }
  /** A snapshot with every record below the offset, and then none from before; answered by `kept`. */
  | { readonly kind: "keepOnlyFrom"; readonly offset: number }
  /** What was said is in the log, below the offset: the thread may say more once it has come there. The first one lets it begin. */
  | { readonly kind: "said"; readonly end: number }
  /** Answered by `applied` once every record below the offset has been. */
  | { readonly kind: "applied"; readonly id: number; readonly offset: number }
  /** Answered between two records. */
  | { readonly kind: "question"; readonly id: number; readonly question: PeopleQuestion };

/** What the people thread says. */
export type PeopleWorkerReport =
  | {
      readonly kind: "restored";
      /** Offset it goes on from; 0: it has no snapshot, and reads the whole log again. */
      readonly sequence: number;
      readonly refused: readonly RefusedSnapshot[];
    }
  | { readonly kind: "saveFailed"; readonly sequence: number; readonly reason: string }
  /** Of a `keepOnlyFrom`; with why it could not be done. */
  | { readonly kind: "kept"; readonly offset: number; readonly failure?: string }
  /** Whose sessions are, for the log; the next comes after a `said`. */
  | { readonly kind: "assigned"; readonly sessions: readonly SessionPerson[] }
  | { readonly kind: "applied"; readonly id: number }
  | { readonly kind: "answer"; readonly id: number; readonly answer: unknown };
