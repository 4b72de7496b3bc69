import { FoldbackError } from "../core/index.ts";
import { type AccountPeopleReport, type Foldback } from "../engine/index.ts";
import { bestMatching } from "../evaluate/index.ts";
import type { Simulated } from "../simulate/index.ts";

/** More are shown as so many and more. */
const peopleMax = 5;

/** Of one account: what the engine says, against what is so. */
interface Counted {
  readonly people: number;
  readonly low: number;
  readonly high: number;
  /** That were given to a person, or to nobody; and those that were given to the right one. */
  readonly sessions: number;
  readonly sessionsRight: number;
}

export interface WhoFigures {
  readonly accounts: number;
  /** With enough sessions to be counted; all that follows is of these. */
  readonly counted: number;
  /** Shares of accounts: the count is right; the truth is within the interval that should hold it in nine of ten. */
  readonly exact: number | null;
  readonly within: number | null;
  readonly meanAbsoluteError: number | null;
  /** The same, had one person been said of every account. */
  readonly alwaysOne: { readonly exact: number | null; readonly meanAbsoluteError: number | null };
  /** Accounts with so many people, the last with so many and more. */
  readonly distribution: readonly {
    readonly people: number;
    readonly truth: number;
    readonly found: number;
  }[];
  readonly sessions: number;
  /** Share of sessions that were given to the right person. */
  readonly sessionsRight: number | null;
}

export interface HomeFigures {
  readonly account: string;
  readonly people: number;
  /** Undefined before there are enough sessions. */
  readonly found?: Pick<AccountPeopleReport, "evidence" | "probability"> &
    Pick<Counted, "people" | "low" | "high" | "sessions" | "sessionsRight">;
  /** Sessions so far, of each person. */
  readonly trueSessions: readonly number[];
  readonly foundSessions: readonly number[];
}

/** How many people are behind each account, and whose sessions are: by the engine, and in truth. */
export class Who {
  readonly #people: LivePeople;
  readonly #truth: ReadonlyMap<string, number>;
  /** By account, whose each session is. */
  readonly #persons = new Map<string, Map<string, number>>();
  readonly #counted = new Map<string, Counted>();
  /** Accounts with sessions since they were asked for, the longest waiting first. */
  readonly #stale = new Set<string>();

  /** @param truth by account, how many people are behind it. */
  constructor(people: LivePeople, truth: ReadonlyMap<string, number>) {
    this.#people = people;
    this.#truth = truth;
  }

  /** Accounts that were asked for have something new, or will have. */
  note({ event, truth }: Simulated): void {
    const { account, session } = event;
    if (account === undefined || session === undefined || event.type !== "access") return;
    if (truth.person === undefined || !this.#truth.has(account)) return;
    const persons = this.#persons.get(account) ?? new Map<string, number>();
    persons.set(session, truth.person);
    this.#persons.set(account, persons);
    this.#stale.add(account);
  }

  /** Asks the engine of accounts that have new sessions, at most so many. */
  async refresh(count: number): Promise<void> {
    const accounts = [...this.#stale].slice(0, count);
    for (const account of accounts) {
      this.#stale.delete(account);
      const counted = this.#compare(account, await this.#reportOf(account));
      if (counted !== undefined) this.#counted.set(account, counted);
    }
  }

  /** Accounts that wait to be asked for. */
  get staleCount(): number {
    return this.#stale.size;
  }

  figures(): WhoFigures {
    const counted = [...this.#counted].map(([account, found]) => ({
      ...found,
      truth: this.#truthOf(account),
    }));
    const shareOf = (isSo: (one: (typeof counted)[number]) => boolean): number | null =>
      meanOf(counted.map((one) => (isSo(one) ? 1 : 0)));
    const sessions = sum(counted.map((one) => one.sessions));
    const right = sum(counted.map((one) => one.sessionsRight));
    return {
      accounts: this.#truth.size,
      counted: counted.length,
      exact: shareOf(({ people, truth }) => people === truth),
      within: shareOf(({ low, high, truth }) => low <= truth && truth <= high),
      meanAbsoluteError: meanOf(counted.map(({ people, truth }) => Math.abs(people - truth))),
      alwaysOne: {
        exact: shareOf(({ truth }) => truth === 1),
        meanAbsoluteError: meanOf(counted.map(({ truth }) => truth - 1)),
      },
      distribution: Array.from({ length: peopleMax }, (_, at) => ({
        people: at + 1,
        truth: counted.filter(({ truth }) => Math.min(truth, peopleMax) === at + 1).length,
        found: counted.filter(({ people }) => Math.min(people, peopleMax) === at + 1).length,
      })),
      sessions,
      sessionsRight: sessions === 0 ? null : right / sessions,
    };
  }

  /** Of one account, as the engine has it now; undefined where there is none of that name. */
  async home(account: string): Promise<HomeFigures | undefined> {
    const people = this.#truth.get(account);
    if (people === undefined) return undefined;
    const report = await this.#reportOf(account);
    const found = this.#compare(account, report);
    const trueSessions = new Array<number>(people).fill(0);
    for (const person of this.#persons.get(account)?.values() ?? []) trueSessions[person - 1]++;
    return {
      account,
      people,
      ...(found &&
        report && {
          found: {
            ...found,
            probability: report.probability ?? 0,
            evidence: report.evidence ?? "",
          },
        }),
      trueSessions,
      foundSessions: (report?.persons ?? []).map(({ sessions }) => sessions),
    };
  }

  /** An account that has something to show: the most sessions, of those with several people. */
  get busiest(): string | undefined {
    let best: string | undefined;
    let most = 0;
    for (const [account, persons] of this.#persons) {
      if (persons.size <= most || this.#truthOf(account) < 2) continue;
      best = account;
      most = persons.size;
    }
    return best;
  }

  /** Undefined of an account of which the engine has nothing yet. */
  async #reportOf(account: string): Promise<AccountPeopleReport | undefined> {
    try {
      return await this.#people.of(account, { withSessions: true });
    } catch (error) {
      if (error instanceof FoldbackError && error.code === "NOT_FOUND") return undefined;
      throw error;
    }
  }

  #compare(account: string, report: AccountPeopleReport | undefined): Counted | undefined {
    if (report?.people === undefined) return undefined;
    const { people, low = people, high = people, list = [] } = report;
    const truths = this.#persons.get(account) ?? new Map<string, number>();
    // The engine's numbers of persons are its own: each is matched with the true person that fits best.
    const pairs: { readonly found: number; readonly truth: number }[] = [];
    let sessions = 0;
    for (const { session, person: found } of list) {
      const truth = truths.get(session);
      if (truth === undefined) continue;
      sessions++;
      if (found !== undefined) pairs.push({ found, truth });
    }
    const rows = Math.max(0, ...pairs.map(({ found }) => found));
    const columns = Math.max(0, ...pairs.map(({ truth }) => truth));
    const table = Array.from({ length: rows }, () => new Array<number>(columns).fill(0));
    for (const { found, truth } of pairs) table[found - 1][truth - 1]++;
    const matched = rows === 0 ? [] : bestMatching(table);
    const sessionsRight = sum(matched.map((column, row) => table[row][column] ?? 0));
    return { people, low, high, sessions, sessionsRight };
  }

  #truthOf(account: string): number {
    return this.#truth.get(account) ?? 0;
  }
}

type LivePeople = Pick<Foldback["people"], "of">;

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : sum(values) / values.length;
}
