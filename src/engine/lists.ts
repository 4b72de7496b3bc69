import { type Clock, FoldbackError } from "../core/index.ts";
import { Arena } from "../embedding/index.ts";
import { AccountNeighbours, type StreamState } from "../features/index.ts";
import { attachOnlineModel, RankingModel } from "../model/index.ts";
import {
  type Board,
  type BoardItem,
  Boards,
  type RecommendedList,
  Recommender,
  ResponseScorer,
} from "../recommend/index.ts";
import { checkAccount } from "./accountName.ts";
import type { SimilarAccount } from "./accounts.ts";
import type { Config } from "./configSchema.ts";
import { Assignments, type Serving } from "./experiments/assignments.ts";
import type { BoardCall, LiveReport, RecommendCall, ResponsesCall } from "./foldbackTypes.ts";
import { responseProbability, responseSlots } from "./learner.ts";
import { RuleBook } from "./rules.ts";
import type { SharedResponse, TrainWorkerReport } from "./trainProtocol.ts";

/** Most items of one request: more is a page nobody reads, and time on the serving thread. */
export const recommendationsMax = 500;
/** Items of which one reply says why they are missing. */
const missingMax = 100;

/** How a list is made, beside what the request says. */
export interface ListMaking {
  /** By the account's variants. */
  readonly serving?: Serving | undefined;
  /** Varied by exploration, by chance that this decides. */
  readonly exploreSeed?: number;
}

/** Every kind of list that the engine answers with, from the state and the model as they are: calls are checked here. */
export class Lists {
  readonly #config: Config;
  readonly #clock: Clock;
  readonly #ruleBook = new RuleBook();
  readonly assignments: Assignments;
  readonly #recommender: Recommender;
  readonly #state: StreamState;
  readonly #response: ResponseScorer | undefined;
  readonly #model: RankingModel;
  readonly #arena: Arena;
  readonly #boards: Boards;
  readonly #neighbours: AccountNeighbours;

  /** @param restored where the models are that the training thread writes. */
  constructor(parts: {
    readonly config: Config;
    readonly clock: Clock;
    readonly state: StreamState;
    readonly restored: Extract<TrainWorkerReport, { kind: "restored" }>;
  }) {
    const { config, clock, state, restored } = parts;
    this.#config = config;
    this.#clock = clock;
    this.#state = state;
    this.assignments = new Assignments(config);
    const response = attachScorer(config, state, restored.response);
    this.#response = response;
    this.#arena = Arena.attach(restored.arena);
    this.#model = RankingModel.attach(this.#arena, restored.model);
    this.#recommender = new Recommender(state, this.#model, {
      budgets: config.serving.candidates,
      ...(response && { response }),
    });
    this.#boards = new Boards(state);
    this.#neighbours = new AccountNeighbours(state);
  }

  /** What the account's variants make of the request; undefined while no experiment runs. */
  servingOf({ account, rules }: RecommendCall): Serving | undefined {
    checkAccount(account);
    return this.assignments.of(account, this.#clock.now(), rules);
  }

  /** What the model takes, as it is now. */
  occupancy(): Pick<LiveReport, "tables" | "memory"> {
    const { usedBytes, sizeBytesMax } = this.#arena.stats();
    const tables = Object.entries(this.#model.stats()).map(([table, stats]) => ({
      table,
      ids: stats.idCount,
      pending: stats.pendingCount,
      expired: stats.expiredTotal,
      pendingExpired: stats.pendingExpiredTotal,
      load: stats.load,
      sizeBytes: stats.bucketBytes + stats.rowBytes,
    }));
    return { tables, memory: { usedBytes, sizeBytesMax } };
  }

  recommended(request: RecommendCall, { serving, exploreSeed }: ListMaking = {}): RecommendedList {
    const { account, count, moment = {}, explain = false, missing = [], stages } = request;
    checkCount(count);
    checkAccount(account);
    if (missing.length > missingMax) {
      throw new FoldbackError(
        "REQUEST_INVALID",
        `missing has ${missing.length} items; allowed: ${missingMax}`,
        { details: { parameter: "missing" } },
      );
    }
    // Also where they are only a part of the rules: what is wrong with them is wrong with them alone.
    const own = request.rules && this.#ruleBook.rulesOf(request.rules, true);
    const rules = serving?.rules === undefined ? own : this.#ruleBook.rulesOf(serving.rules, true);
    const { exploration } = serving ?? this.#config.serving;
    return this.#recommender.list({
      account,
      count,
      moment,
      now: this.#clock.now(),
      explain,
      missing,
      stages,
      ...(serving && { budgets: serving.budgets }),
      ...(exploreSeed !== undefined && { exploration: { ...exploration, seed: exploreSeed } }),
      ...(rules !== undefined && { rules }),
    });
  }

  /** As `Foldback.responses`. */
  responses({ account, items, moment = {} }: ResponsesCall): Float64Array | undefined {
    checkAccount(account);
    checkCount(items.length);
    const indexes = items.map((item) => {
      const index = this.#state.items.indexOf(item);
      if (index >= 0) return index;
      throw new FoldbackError("NOT_FOUND", `there is no item ${JSON.stringify(item)}`, {
        details: { item },
      });
    });
    return this.#response?.probabilities({ ...moment, account, time: this.#clock.now() }, indexes);
  }

  board(board: Board, call: BoardCall): BoardItem[] {
    return this.#boards.board(board, this.#boardRequest(call));
  }

  similar(item: string, call: BoardCall): BoardItem[] {
    return this.#boards.similar(item, this.#boardRequest(call));
  }

  similarAccounts(account: string, count: number): SimilarAccount[] {
    checkCount(count);
    return this.#neighbours
      .of(account, count)
      .map(({ account: name, cosine }) => ({ account: name, score: cosine }));
  }

  #boardRequest({ count, rules = {} }: BoardCall) {
    checkCount(count);
    return { count, now: this.#clock.now(), rules: this.#ruleBook.rulesOf(rules, false) };
  }
}

function checkCount(count: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= recommendationsMax) return;
  throw new FoldbackError(
    "REQUEST_INVALID",
    `count is ${count}; allowed: whole numbers from 1 to ${recommendationsMax}`,
  );
}

/** What foretells responses, from the memory that the training thread writes; undefined where it is off. */
function attachScorer(
  config: Config,
  state: StreamState,
  shared: SharedResponse | undefined,
): ResponseScorer | undefined {
  if (shared === undefined) return undefined;
  const model = attachOnlineModel(Arena.attach(shared.arena), shared.model);
  return new ResponseScorer(state, model, responseSlots(config), responseProbability(config));
}
