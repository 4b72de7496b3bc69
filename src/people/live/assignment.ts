/** Whose a session would be that is not in the log. */
import { assert } from "../../core/index.ts";
import type { Event } from "../../event/index.ts";
import { defaultDayParts, weekdayOf } from "../tables/localTime.ts";
import type { PeopleView } from "./peopleView.ts";

export const weekdays = Array.from({ length: 7 }, (_, day) => weekdayOf(day * 24));
export const dayParts = defaultDayParts.map(({ name }) => name);

export interface AssignRequest {
  readonly account: string;
  readonly device?: string;
  readonly location?: NonNullable<Event["location"]>;
  /** Epoch milliseconds. */
  readonly time?: number;
  /** Of `weekdays` and `dayParts`, local, both or none: what is known of the time where `time` is not. */
  readonly day?: string;
  readonly part?: string;
  /** That were played in it. */
  readonly items?: readonly string[];
}

export interface AssignReply {
  readonly account: string;
  /** Whom it fits best. */
  readonly person: number;
  /** In (0, 1]. */
  readonly confidence: number;
  /** It fits nobody: someone new, or somebody travelling. */
  readonly isBeyond: boolean;
}

/** The middle of a part, hours after its beginning. */
const halfPartHours = 3;

/** Undefined of an account that is not counted. Nothing is kept. About a millisecond of 300 sessions. */
export function assignReply(view: PeopleView, request: AssignRequest): AssignReply | undefined {
  const account = view.of(request.account);
  if (account?.count === undefined) return undefined;
  const { device, location, time, items = [] } = request;
  const common: Event & { readonly session: string } = {
    type: "access",
    time: time ?? view.logTime,
    account: account.key,
    session: "",
    ...(device !== undefined && { device }),
    ...(location !== undefined && { location }),
  };
  const plays = items.map((item) => ({ ...common, type: "play", item }));
  const session = view.draft([common, ...plays]);
  const timed =
    time === undefined ? { ...session, start: Number.NaN, hour: hourOf(request) } : session;
  const { person, confidence, isBeyond } = view.assigned(account, timed);
  return { account: account.key, person, confidence, isBeyond };
}

/** In the middle of the part; -1 where the day or the part is not known. */
function hourOf({ day, part }: AssignRequest): number {
  if (day === undefined || part === undefined) return -1;
  const [weekday, found] = [
    weekdays.indexOf(day),
    defaultDayParts.find(({ name }) => name === part),
  ];
  assert(weekday >= 0 && found !== undefined, "day and part are of those that are known");
  return weekday * 24 + found.fromHour + halfPartHours;
}
