/** What a stream of events comes to, by the words of the rules: all of it at once, and by brute force. The oracle of what is quicker. */
import { compareUtf8 } from "../core/index.ts";
import type { Event } from "../event/index.ts";

export interface NaiveEvent {
  readonly event: Event;
  readonly number: number;
  readonly id: string;
  /** Who it names: the account, else the session. */
  readonly who: string;
  /** `account a` or `session s`. */
  readonly home: string;
}

export interface NaiveConversion extends NaiveEvent {
  readonly touches: Readonly<Record<NaiveTier, NaiveEvent | undefined>>;
  readonly sameSession: boolean;
}

type NaiveTier = "click" | "engaged" | "view";

const tierTypes: Readonly<Record<NaiveTier, string>> = {
  click: "ad_click",
  engaged: "ad_engaged_view",
  view: "ad_impression",
};

const touchTypes = [...Object.values(tierTypes), "visit"];
const hours48 = 48 * 60 * 60 * 1000;

/**
 * @param events with their numbers, in any order.
 * @returns touches and conversions without duplicates, in order, with all that the rules say of them.
 */
export function naiveAttribution(
  events: readonly (readonly [Event, number])[],
  conversionTypes: readonly string[],
): { readonly touches: readonly NaiveEvent[]; readonly conversions: readonly NaiveConversion[] } {
  const stands = standsFor(events.map(([event]) => event));
  const told = events.map(([event, number]): NaiveEvent => {
    const { id = `line:${number}`, account, session = "" } = event;
    return { event, number, id, who: account ?? session, home: homeOf(event) };
  });
  function homeOf({ account, session, time }: Event): string {
    if (account !== undefined) return `account ${stands(account)}`;
    const logins = events
      .map(([event]) => event)
      .filter((event) => event.session === session && event.account !== undefined)
      .sort((a, b) => a.time - b.time || compareUtf8(a.account ?? "", b.account ?? ""));
    const after = logins.find((event) => event.time >= time);
    const login = after ?? logins.find((event) => event.time === logins.at(-1)?.time);
    return login === undefined ? `session ${session}` : `account ${stands(login.account ?? "")}`;
  }
  const touches = firsts(
    told.filter(({ event }) => touchTypes.includes(event.type)),
    Infinity,
  );
  const conversions = firsts(
    told.filter(({ event }) => conversionTypes.includes(event.type)),
    hours48,
  );
  return {
    touches: touches.sort(order),
    conversions: conversions.sort(order).map((conversion): NaiveConversion => {
      const latest = (tier: NaiveTier): NaiveEvent | undefined =>
        touches
          .filter(
            ({ event, home }) =>
              event.type === tierTypes[tier] &&
              home === conversion.home &&
              event.time <= conversion.event.time,
          )
          .sort(order)
          .at(-1);
      const click = latest("click");
      return {
        ...conversion,
        touches: { click, engaged: latest("engaged"), view: latest("view") },
        sameSession:
          click?.event.session !== undefined && click.event.session === conversion.event.session,
      };
    }),
  };
}

function order(one: NaiveEvent, other: NaiveEvent): number {
  return (
    one.event.time - other.event.time ||
    compareUtf8(one.id, other.id) ||
    compareUtf8(one.event.type, other.event.type) ||
    compareUtf8(one.event.source ?? "", other.event.source ?? "") ||
    one.number - other.number
  );
}

/** Without those that come at most so long after one with the same source, type and id. */
function firsts(events: readonly NaiveEvent[], windowMs: number): NaiveEvent[] {
  const kept: NaiveEvent[] = [];
  const byTime = [...events].sort(
    (one, other) =>
      one.event.time - other.event.time ||
      compareUtf8(one.who, other.who) ||
      one.number - other.number,
  );
  for (const one of byTime) {
    const { id, type, source, time } = one.event;
    const isSame = kept.some(
      ({ event }) =>
        id !== undefined &&
        event.id === id &&
        event.type === type &&
        (event.source ?? "") === (source ?? "") &&
        time - event.time <= windowMs,
    );
    if (!isSame) kept.push(one);
  }
  return kept;
}

/** By passes over the links until nothing changes. */
function standsFor(events: readonly Event[]): (account: string) => string {
  const links = events.flatMap(({ type, account, context }) =>
    type === "link" && account !== undefined ? [[account, String(context?.["account"])]] : [],
  );
  const names = new Map<string, string>();
  const of = (account: string): string => names.get(account) ?? account;
  for (let hasChanged = true; hasChanged; ) {
    hasChanged = false;
    for (const [one, other] of links) {
      const smaller = compareUtf8(of(one), of(other)) < 0 ? of(one) : of(other);
      hasChanged ||= of(one) !== smaller || of(other) !== smaller;
      names.set(one, smaller);
      names.set(other, smaller);
    }
  }
  return of;
}
