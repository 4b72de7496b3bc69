/** Histories made from events in the plainest way: what `attribution/tables` and the live state are compared with. */
import {
  accountAt,
  type Conversion,
  duplicateWindowMs,
  type History,
  inOrder,
  keyOf,
  LinkedAccounts,
  type Login,
  minorUnitsOf,
  moneyOf,
  type Timed,
  type Touch,
  touchDimensions,
  touchKindOf,
  touchKinds,
} from "../attribution/index.ts";
import { compareUtf8 } from "../core/index.ts";
import { type Event, linkedAccount } from "../event/index.ts";

/** An event with its place: the file, and the line that an event without an id is called by. */
export interface PlacedEvent {
  readonly event: Event;
  readonly file: number;
  readonly line: number;
}

export function historiesOf(
  placed: readonly PlacedEvent[],
  conversions: readonly string[],
  persons: ReadonlyMap<string, number> = new Map(),
): History[] {
  const counts = (event: Event): boolean => conversions.includes(event.type);
  const links = new LinkedAccounts();
  const logins = new Map<string, Login[]>();
  for (const { event } of placed) {
    const { account, session, time } = event;
    const other = linkedAccount(event);
    if (account !== undefined && other !== undefined) links.link(account, other);
    if (account !== undefined && session !== undefined) {
      logins.set(session, [...(logins.get(session) ?? []), { time, account }]);
    }
  }
  const kept = withoutDuplicates(placed.filter(({ event }) => isTouch(event) || counts(event)));
  const currencies = new Set(
    kept.flatMap(({ event }) =>
      event.currency !== undefined && (counts(event) ? event.value : event.ad?.cost) !== undefined
        ? [event.currency]
        : [],
    ),
  );
  const money = moneyOf([...currencies]);
  const histories = new Map<string, { sort: string[]; history: History }>();
  for (const { event, line } of kept) {
    const { session, time } = event;
    const account = event.account ?? accountAt(logins.get(session ?? "") ?? [], time);
    const person = account === undefined ? undefined : persons.get(`${account} ${session}`);
    let owner = account ?? session ?? "";
    if (account !== undefined && person === undefined) owner = links.of(account);
    const sort = [owner, account === undefined ? "1" : "0", String(person ?? 0).padStart(9, "0")];
    const name = JSON.stringify(sort);
    const found = histories.get(name) ?? {
      sort,
      history: { key: keyOf(owner, person), touches: [], conversions: [] },
    };
    histories.set(name, found);
    const id = event.id ?? `line:${line}`;
    const of = session === undefined ? {} : { session };
    if (counts(event)) {
      (found.history.conversions as Conversion[]).push({
        time,
        id,
        event: event.type,
        value: minorUnitsOf(event.value, event.currency, money),
        account: event.account ?? session ?? "",
        ...of,
      });
    } else {
      const names = Object.fromEntries(
        touchDimensions.flatMap((dimension) => {
          const called = event.ad?.[dimension];
          return called === undefined ? [] : [[dimension, called]];
        }),
      );
      (found.history.touches as Touch[]).push({
        time,
        id,
        kind: touchKindOf(event.type) ?? "visit",
        names,
        cost: minorUnitsOf(event.ad?.cost, event.currency, money),
        ...of,
      });
    }
  }
  const sorted = [...histories.values()].sort((one, other) => {
    const at = one.sort.findIndex((text, i) => text !== other.sort[i]);
    return at < 0 ? 0 : compareUtf8(one.sort[at], other.sort[at]);
  });
  return sorted.map(({ history }) => history);
}

function isTouch({ type }: Event): boolean {
  return touchKindOf(type) !== undefined;
}

/** Of two events of one name, id, source, time and who: by all else that they say. */
function inOrderOfContents(one: Event, other: Event): number {
  const [texts, others] = [textsOf(one), textsOf(other)];
  const at = texts.findIndex((text, i) => text !== others[i]);
  const byText = at < 0 ? 0 : compareUtf8(texts[at], others[at]);
  return byText || amountOf(one) - amountOf(other);
}

function textsOf(event: Event): string[] {
  const { account, session = "", ad = {}, currency = "" } = event;
  const names = isTouch(event) ? touchDimensions.map((dimension) => ad[dimension] ?? "") : [];
  const hasAmount = (isTouch(event) ? ad.cost : event.value) !== undefined;
  return [account === undefined ? "1" : "0", session, ...names, hasAmount ? currency : ""];
}

function amountOf(event: Event): number {
  return isTouch(event) ? (event.ad?.cost ?? -1) : (event.value ?? 0);
}

/** In the order of time, account or session, what they say, file and line, as the rules say which one stays. */
function withoutDuplicates(placed: readonly PlacedEvent[]): PlacedEvent[] {
  const sorted = [...placed].sort(
    (one, other) =>
      one.event.time - other.event.time ||
      compareUtf8(whoOf(one.event), whoOf(other.event)) ||
      inOrderOfContents(one.event, other.event) ||
      one.file - other.file ||
      one.line - other.line,
  );
  const keptTimes = new Map<string, number>();
  const kept = sorted.filter(({ event }) => {
    const { id, type, source, time } = event;
    if (id === undefined) return true;
    const name = JSON.stringify([type, id, source]);
    const before = keptTimes.get(name);
    if (before !== undefined && (isTouch(event) || time - before <= duplicateWindowMs))
      return false;
    keptTimes.set(name, time);
    return true;
  });
  return kept.sort(inFullOrder);
}

/** The order of rules.ts, to the last tie. */
function inFullOrder(one: PlacedEvent, other: PlacedEvent): number {
  return (
    inOrder(timedOf(one), timedOf(other)) ||
    compareUtf8(rankOf(one.event), rankOf(other.event)) ||
    compareUtf8(one.event.source ?? "", other.event.source ?? "") ||
    one.file - other.file ||
    one.line - other.line
  );
}

function timedOf({ event, line }: PlacedEvent): Timed {
  return { time: event.time, id: event.id ?? `line:${line}` };
}

function rankOf({ type }: Event): string {
  const kind = touchKindOf(type);
  return kind === undefined ? type : String(touchKinds.indexOf(kind));
}

function whoOf({ account, session }: Event): string {
  return account ?? session ?? "";
}
