/** What it costs to count the people of an account anew too seldom, or too often: policies over a year in which people change. */
import { assert, dayMs } from "../../core/index.ts";
import { adviseRetraining, type CountPeople } from "../../people/index.ts";
import type { Interval } from "../interval.ts";
import type { AssignSessions } from "./accountScore.ts";
import { bestMatching, contingency } from "./agreement.ts";
import { bootstrap } from "./bootstrap.ts";
import { encodeAccount, type KnownAccount, type KnownSession } from "./knownAccount.ts";

/** What is simulated: counting over a window, and giving each later session to somebody. */
export interface PersonAssigner {
  readonly count: CountPeople;
  readonly assign: AssignSessions;
}

/** What is known of an account at the end of a month. */
export interface MonthSeen {
  /** Of the model, in months, from 1. */
  readonly age: number;
  /** In the month. */
  readonly sessions: number;
  readonly beyondCut: number;
  /** Share beyond the cut in the first month of the model. */
  readonly beyondAtFirst: number;
  /** Until the model is too old in any case. */
  readonly monthsLeft: number;
}

export interface RetrainingPolicy {
  readonly name: string;
  readonly isDue: (seen: MonthSeen) => boolean;
}

export interface RetrainingOptions {
  /** In wrong sessions: what one run of an account costs. Default 5. */
  readonly runCost?: number;
  readonly policies?: readonly RetrainingPolicy[];
}

export interface RetrainingReport {
  readonly accounts: number;
  /** Months after the first window. */
  readonly months: number;
  readonly runCost: number;
  readonly policies: readonly PolicyResult[];
}

/** Means with their 95 % intervals over accounts; and by month. */
export interface PolicyResult {
  readonly name: string;
  /** Of sessions: given to the right person. */
  readonly assignment: Interval;
  /** |people of the model − people who are there|, at the ends of months. */
  readonly countError: Interval;
  /** The same, without persons to whom no session was given for two months. */
  readonly countErrorActive: Interval;
  /** By account and year. */
  readonly runs: Interval;
  /** By account and year: wrong sessions, and runs at their cost. */
  readonly cost: Interval;
  readonly byMonth: readonly {
    readonly assignment: number;
    readonly countError: number;
    readonly countErrorActive: number;
  }[];
}

const monthMs = 30 * dayMs;
/** Months that a run looks back on. */
const windowMonths = 3;
/** Months without a session after which a person is taken to have left. */
const silentMonths = 2;
/** Months: no model becomes older. */
const ageMax = 12;
/** Share of a month's sessions beyond the cut. */
const beyondShare = 0.1;
const defaultRunCost = 5;

export function defaultPolicies(runCost: number): RetrainingPolicy[] {
  const everyMonths = (months: number): RetrainingPolicy => ({
    name: months === 1 ? "every month" : `every ${months} months`,
    isDue: ({ age }) => age >= months,
  });
  return [
    ...[1, 3, 6, 12].map(everyMonths),
    {
      name: "> 10 % beyond the cut",
      isDue: ({ age, beyondCut, sessions }) => age >= ageMax || beyondCut > beyondShare * sessions,
    },
    {
      name: "by cost",
      // The advice that is given live, of a month of the model as if it were all of its age.
      isDue: ({ age, beyondAtFirst, beyondCut, monthsLeft, sessions }) =>
        age >= ageMax ||
        adviseRetraining(
          {
            ageDays: 30,
            ageMaxDays: 30 * (1 + monthsLeft),
            ...{ sessions, beyond: beyondCut, beyondWhenNew: beyondAtFirst },
          },
          { wrongSession: 1, run: runCost },
        ).reasons.includes("cost"),
    },
  ];
}

/**
 * Goes through each account month by month under each policy. All begin with a run over the first three months; a run at a
 * month's end looks back on three months. Accounts without a session in the first window, or of one month only, are left out.
 */
export function retrainingExperiment(
  accounts: Iterable<KnownAccount>,
  assigner: PersonAssigner,
  options: RetrainingOptions = {},
): RetrainingReport {
  const { runCost = defaultRunCost, policies = defaultPolicies(runCost) } = options;
  const paths: AccountPath[][] = policies.map(() => []);
  let months = 0;
  for (const account of accounts) {
    const history = new AccountHistory(account, assigner);
    if (history.months === 0) continue;
    months = Math.max(months, history.months);
    for (const [at, policy] of policies.entries()) paths[at].push(follow(history, policy));
  }
  assert(months > 0, "there is an account with sessions in its first months, and after them");
  return {
    accounts: paths[0].length,
    months,
    runCost,
    policies: policies.map(({ name }, at) => resultOf(name, paths[at], months, runCost)),
  };
}

/** One account under one policy: a month each. */
type AccountPath = readonly {
  readonly sessions: number;
  readonly wrong: number;
  readonly countError: number;
  readonly countErrorActive: number;
  readonly hasRun: boolean;
}[];

function follow(history: AccountHistory, { isDue }: RetrainingPolicy): AccountPath {
  let trained = 0;
  const lastGiven = new Map<number, number>();
  let beyondAtFirst = 0;
  const path: AccountPath[number][] = [];
  for (let month = 0; month < history.months; month++) {
    const age = month - trained + 1;
    const { beyondCut, given, people, sessions, wrong } = history.outcome(trained, month);
    for (const person of given) lastGiven.set(person, month);
    let silent = 0;
    for (let person = 1; person <= people; person++) {
      if (month - (lastGiven.get(person) ?? trained - 1) >= silentMonths) silent++;
    }
    if (age === 1) beyondAtFirst = sessions === 0 ? 0 : beyondCut / sessions;
    const monthsLeft = Math.min(ageMax - age, history.months - month - 1);
    const isLast = month === history.months - 1; // a run then would be for nothing that is measured
    const hasRun = !isLast && isDue({ age, beyondAtFirst, beyondCut, monthsLeft, sessions });
    const present = history.present(month);
    path.push({
      ...{ sessions, wrong, hasRun },
      countError: Math.abs(people - present),
      countErrorActive: Math.abs(people - silent - present),
    });
    if (!hasRun) continue;
    trained = month + 1;
    lastGiven.clear();
  }
  return path;
}

/** What a model says of a month. */
interface MonthOutcome {
  readonly sessions: number;
  readonly wrong: number;
  readonly beyondCut: number;
  /** Persons of the model to whom a session was given. */
  readonly given: ReadonlySet<number>;
  readonly people: number;
}

/** An account's months after its first window, from 0; models are made when they are asked for, and kept for the other policies. */
class AccountHistory {
  readonly months: number;
  readonly #account: KnownAccount;
  readonly #assigner: PersonAssigner;
  readonly #start: number;
  readonly #models = new Map<number, readonly MonthOutcome[]>();
  readonly #presence: readonly { readonly first: number; readonly last: number }[];

  constructor(account: KnownAccount, assigner: PersonAssigner) {
    const { people, sessions } = account;
    this.#account = account;
    this.#assigner = assigner;
    this.#start = sessions[0]?.start ?? 0;
    const last = sessions.at(-1)?.start ?? 0;
    // A last month of which there is half counts.
    this.months = Math.max(0, Math.round((last - this.#start) / monthMs) - windowMonths);
    this.#presence = Array.from({ length: people }, (_, at) => {
      const own = sessions.filter(({ person }) => person === at + 1);
      return { first: own[0].start, last: own[own.length - 1].start };
    });
  }

  /** People between their first and their last session, in some part of the month. */
  present(month: number): number {
    const { from, until } = this.#span(month);
    return this.#presence.filter(({ first, last }) => first < until && last >= from).length;
  }

  /** Of the model that was made before month `trained`, in `month`. */
  outcome(trained: number, month: number): MonthOutcome {
    const known = this.#models.get(trained) ?? this.#run(trained);
    this.#models.set(trained, known);
    return known[month - trained];
  }

  #run(trained: number): readonly MonthOutcome[] {
    const { from: until } = this.#span(trained);
    const window = this.#between(until - windowMonths * monthMs, until);
    // An account that was silent for the whole window keeps what there was before.
    const before = window.length > 0 ? window : this.#between(Number.NEGATIVE_INFINITY, until);
    const after = this.#between(until, Number.POSITIVE_INFINITY);
    const { account } = this.#account;
    const answer = this.#assigner.count(encodeAccount({ account, sessions: before }));
    const truth = before.map(({ person }) => person);
    const matched = bestMatching(contingency(answer.persons, truth));
    const all = [...before, ...after];
    const persons = new Uint16Array(all.length);
    persons.set(answer.persons);
    const assigned = this.#assigner.assign(encodeAccount({ account, sessions: all }), persons);
    const outcomes: MonthOutcome[] = [];
    let at = 0;
    for (let month = trained; month < this.months; month++) {
      const { until: end } = this.#span(month);
      const first = at;
      let [wrong, beyondCut] = [0, 0];
      const given = new Set<number>();
      for (; at < after.length && after[at].start < end; at++) {
        const told = assigned[before.length + at];
        assert(told !== undefined, "every later session is assigned");
        given.add(told.person);
        if (told.isBeyond) beyondCut++;
        if (matched[told.person - 1] + 1 !== after[at].person) wrong++;
      }
      outcomes.push({ sessions: at - first, wrong, beyondCut, given, people: answer.people });
    }
    return outcomes;
  }

  #span(month: number): { readonly from: number; readonly until: number } {
    const from = this.#start + (windowMonths + month) * monthMs;
    return { from, until: from + monthMs };
  }

  #between(from: number, until: number): readonly KnownSession[] {
    return this.#account.sessions.filter(({ start }) => start >= from && start < until);
  }
}

function resultOf(
  name: string,
  paths: readonly AccountPath[],
  months: number,
  runCost: number,
): PolicyResult {
  const interval = (
    value: (month: AccountPath[number]) => number,
    per: (month: AccountPath[number]) => number,
  ): Interval =>
    bootstrap(
      paths.map((path) => [sum(path, value), sum(path, per)]),
      ratio,
    );
  const inYears = (): number => 1 / 12;
  const runs = ({ hasRun }: AccountPath[number]): number => (hasRun ? 1 : 0);
  const byMonth = Array.from({ length: months }, (_, at) => {
    const those = paths.flatMap((path) => (at < path.length ? [path[at]] : []));
    const mean = (value: (month: AccountPath[number]) => number): number =>
      sum(those, value) / those.length;
    return {
      assignment: 1 - sum(those, ({ wrong }) => wrong) / sum(those, ({ sessions }) => sessions),
      countError: mean((month) => month.countError),
      countErrorActive: mean((month) => month.countErrorActive),
    };
  });
  return {
    name,
    assignment: interval(
      ({ sessions, wrong }) => sessions - wrong,
      ({ sessions }) => sessions,
    ),
    countError: interval(
      (month) => month.countError,
      () => 1,
    ),
    countErrorActive: interval(
      (month) => month.countErrorActive,
      () => 1,
    ),
    runs: interval(runs, inYears),
    cost: interval((month) => month.wrong + runCost * runs(month), inYears),
    byMonth,
  };
}

function sum<T>(values: readonly T[], value: (of: T) => number): number {
  return values.reduce((all, each) => all + value(each), 0);
}

/** Of sums over accounts. */
function ratio(pairs: readonly (readonly number[])[]): number {
  return sum(pairs, ([value]) => value) / sum(pairs, ([, per]) => per);
}
