import type {
  GridSettings,
  JourneyRequest,
  LiveComparison,
  LiveCredit,
  LiveCreditRequest,
  LivePaths,
  TimeToConversionAnswer,
} from "../attribution/index.ts";
import { FoldbackError } from "../core/index.ts";
import {
  type CompareCall,
  type CreditCall,
  compareRequestOf,
  creditRequestOf,
  type JourneyCall,
  journeyRequestOf,
  type PathsCall,
} from "./attributionCalls.ts";
import type { AttributionQuestions } from "./attributionQuestions.ts";
import type { Config } from "./configSchema.ts";
import type { ViewThread } from "./viewThread.ts";

export interface LiveAttributionParts {
  /** Undefined where the config has it off. */
  readonly thread: ViewThread<AttributionQuestions> | undefined;
  readonly settings: Config["attribution"];
  /** @throws FoldbackError CLOSED. */
  readonly checkOpen: () => void;
}

/** An answer, and what it was asked with, defaults among it. */
export type Told<Answer> = Omit<Answer, "currency"> & {
  readonly settings: Readonly<Record<string, unknown>>;
};

/** Paths that are listed where nothing else is asked. */
const topDefault = 20;

/**
 * Which touches earned which conversions: what the attribution thread knows by the records that it has come to. The same numbers as
 * from files of the same events.
 */
export class LiveAttribution {
  readonly #parts: LiveAttributionParts;

  constructor(parts: LiveAttributionParts) {
    this.#parts = parts;
  }

  /**
   * Conversions under each combination of windows, beside the last click of the same session.
   *
   * @throws FoldbackError REQUEST_INVALID; NOT_FOUND where `attribution.enabled` is off; CLOSED.
   */
  async compare(call: CompareCall = {}): Promise<Told<LiveComparison>> {
    const thread = this.#there();
    const request = compareRequestOf(call, this.#parts.settings);
    const { currency, ...answer } = await thread.ask({ kind: "compare", request });
    return { ...answer, settings: { ...gridTold(request.settings), key: this.#key, currency } };
  }

  /** What each channel earned under each model. @throws FoldbackError as `compare`. */
  async credit(call: CreditCall = {}): Promise<Told<LiveCredit>> {
    const thread = this.#there();
    const request = creditRequestOf(call, this.#parts.settings);
    const { currency, ...answer } = await thread.ask({ kind: "credit", request });
    const { models, ...credit } = request.credit;
    const settings = { ...sumsTold(request), models, ...credit, key: this.#key, currency };
    return { ...answer, settings };
  }

  /** What stood in journeys, and together. @throws FoldbackError as `compare`. */
  async paths(call: PathsCall = {}): Promise<Told<LivePaths>> {
    const thread = this.#there();
    const { top = topDefault, ...rest } = call;
    const { credit: _, ...request } = creditRequestOf(rest, this.#parts.settings);
    const { currency, ...answer } = await thread.ask({
      kind: "paths",
      request: { ...request, top },
    });
    const { halfLifeMs: _age, ...told } = sumsTold(request);
    return { ...answer, settings: { ...told, top, key: this.#key, currency } };
  }

  /** How long journeys take, from the first and from the last touch, and how many touches. @throws FoldbackError as `compare`. */
  async timeToConversion(call: JourneyCall = {}): Promise<Told<TimeToConversionAnswer>> {
    const thread = this.#there();
    const request = journeyRequestOf(call, this.#parts.settings);
    const answer = await thread.ask({ kind: "timeToConversion", request });
    return { ...answer, settings: { ...journeysTold(request), key: this.#key } };
  }

  get #key(): string {
    return this.#parts.settings.key;
  }

  /** @throws FoldbackError NOT_FOUND, CLOSED. */
  #there(): ViewThread<AttributionQuestions> {
    const { thread, checkOpen } = this.#parts;
    checkOpen();
    if (thread !== undefined) return thread;
    throw new FoldbackError(
      "NOT_FOUND",
      "touches and conversions are not kept; attribution.enabled turns it on",
      { details: { setting: "attribution.enabled" } },
    );
  }
}

function gridTold({ click, engaged, view, current, filter, ...rest }: GridSettings) {
  const { only, from = null, to = null } = filter;
  const written = (windows: GridSettings["click"]): string[] => windows.map(({ name }) => name);
  return {
    click: written(click),
    engaged: written(engaged),
    view: written(view),
    current: `${current.click.name}/${current.engaged.name}/${current.view.name}`,
    ...rest,
    only: [...only].flatMap(([key, names]) => [...names].map((name) => `${key}=${name}`)),
    from,
    to,
  };
}

function sumsTold({ journeys, sums }: Pick<LiveCreditRequest, "journeys" | "sums">) {
  return { ...journeysTold(journeys), ...sums };
}

function journeysTold({ touches, ...rest }: JourneyRequest) {
  return { ...rest, touches: touches === undefined ? null : [...touches] };
}
