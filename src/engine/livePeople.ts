import { FoldbackError } from "../core/index.ts";
import { type Pseudonyms, parseEvents } from "../event/index.ts";
import {
  type AccountPeopleReport,
  type AccountReportOptions,
  type AssignReply,
  type AssignRequest,
  dayParts,
  type PeopleSummary,
  type SessionPerson,
  weekdays,
} from "../people/index.ts";
import type { PeopleQuestions } from "./peopleQuestions.ts";
import type { ViewThread } from "./viewThread.ts";

/** A session as its sender knows it; what an event has too is as events have it. */
export interface AssignCall {
  readonly account: string;
  readonly device?: string;
  readonly location?: unknown;
  /** Epoch milliseconds, or RFC 3339. */
  readonly time?: number | string;
  /** `Monday` to `Sunday`, and `night` (0 to 6), `morning`, `afternoon` or `evening`: the local time, where no `time` is given. */
  readonly day?: string;
  readonly part?: string;
  /** Items that were played in it; up to 50. */
  readonly items?: readonly string[];
}

export interface LivePeopleParts {
  /** Undefined where the config has it off. */
  readonly thread: ViewThread<PeopleQuestions, SessionPerson> | undefined;
  readonly now: () => number;
  /** @throws FoldbackError CLOSED. */
  readonly checkOpen: () => void;
  readonly pseudonyms: Pseudonyms;
}

const itemsMax = 50;
const weeksMax = 52;

/** Who is behind accounts: what the people thread knows by the records that it has come to. */
export class LivePeople {
  readonly #parts: LivePeopleParts;

  constructor(parts: LivePeopleParts) {
    this.#parts = parts;
  }

  /**
   * How many people are behind an account, who they are as far as devices and cities tell, and why.
   *
   * @param options.withSessions whether the sessions that are kept come as well, each with its person.
   * @param options.withTree whether the tree of the plain method over them does.
   * @throws FoldbackError NOT_FOUND of an account of which nothing is kept, and where `people.enabled` is off; CLOSED.
   */
  async of(account: string, options: AccountReportOptions = {}): Promise<AccountPeopleReport> {
    const thread = this.#there();
    const name = this.#parts.pseudonyms.of(account);
    const report = await thread.ask({ kind: "account", account: name, options });
    if (report !== undefined) return report;
    throw new FoldbackError("NOT_FOUND", "there are no sessions of this account", {
      details: { account },
    });
  }

  /**
   * Of all accounts together; small numbers are not told.
   *
   * @param options.weeks so many of the last weeks are told one by one; 0 to 52, default 0.
   * @throws FoldbackError REQUEST_INVALID; NOT_FOUND where it is off; CLOSED.
   */
  async summary({ weeks = 0 }: { readonly weeks?: number } = {}): Promise<PeopleSummary> {
    const thread = this.#there();
    if (!Number.isInteger(weeks) || weeks < 0 || weeks > weeksMax) {
      throw invalid("weeks", String(weeks), `a whole number from 0 to ${weeksMax}`);
    }
    return thread.ask({ kind: "summary", weeks });
  }

  /**
   * Whose a session would be. Nothing is kept of it.
   *
   * @throws FoldbackError REQUEST_INVALID; NOT_FOUND of an account that was not counted yet, and where it is off; CLOSED.
   */
  async assign(call: AssignCall): Promise<AssignReply> {
    const thread = this.#there();
    const reply = await thread.ask({ kind: "assign", request: this.#requestOf(call) });
    if (reply !== undefined) return reply;
    throw new FoldbackError("NOT_FOUND", "this account is not counted: it has too few sessions", {
      details: { account: call.account },
    });
  }

  #requestOf({
    account,
    device,
    location,
    time,
    day,
    part,
    items = [],
  }: AssignCall): AssignRequest {
    if (items.length > itemsMax) {
      throw new FoldbackError(
        "REQUEST_INVALID",
        `${items.length} items; allowed: up to ${itemsMax}`,
        { details: { parameter: "items" } },
      );
    }
    const now = this.#parts.now();
    const began = { type: "access", account, device, location, time: time ?? now };
    const plays = items.map((item) => ({ type: "play", account, time: now, item }));
    const { pseudonyms } = this.#parts;
    const { events, refused } = parseEvents([began, ...plays], { now });
    const [wrong] = refused;
    if (wrong !== undefined) throw invalid(wrong.field, wrong.came, wrong.allowed);
    for (const [name, text, known] of [
      ["day", day, weekdays],
      ["part", part, dayParts],
    ] as const) {
      if (text === undefined || known.includes(text)) continue;
      throw invalid(name, JSON.stringify(text).slice(0, 80), known.join(", "));
    }
    const event = pseudonyms.inEvent(events[0]);
    return {
      account: pseudonyms.of(account),
      items,
      ...(event.device !== undefined && { device: event.device }),
      ...(event.location !== undefined && { location: event.location }),
      ...(time !== undefined && { time: event.time }),
      ...(day !== undefined && { day }),
      ...(part !== undefined && { part }),
    };
  }

  /** @throws FoldbackError NOT_FOUND, CLOSED. */
  #there(): ViewThread<PeopleQuestions, SessionPerson> {
    const { thread, checkOpen } = this.#parts;
    checkOpen();
    if (thread !== undefined) return thread;
    throw new FoldbackError("NOT_FOUND", "people are not counted; people.enabled turns it on", {
      details: { setting: "people.enabled" },
    });
  }
}

function invalid(parameter: string, came: string, allowed: string): FoldbackError {
  return new FoldbackError("REQUEST_INVALID", `${parameter} is ${came}; allowed: ${allowed}`, {
    details: { parameter },
  });
}
