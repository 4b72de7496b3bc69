import {
  ByteReader,
  ByteWriter,
  dayMs,
  type Ordered,
  OrderedMap,
  SharedTexts,
} from "../../core/index.ts";
import {
  type Description,
  descriptionIn,
  type Event,
  engineEventTypes,
  eventKey,
  type LogRecord,
  type Offsets,
  type Properties,
  ReadOffsets,
  type SnapshotSink,
  type SnapshotSource,
  type View,
  wantsNoPeople,
} from "../../event/index.ts";
import type { AccountSessions } from "../accountSessions.ts";
import { assignSessions, countBest } from "../counting/index.ts";
import { type ColumnDrift, driftSince } from "../retraining/index.ts";
import { type PlaceSource, Whereabouts } from "../tables/whereabouts.ts";
import { type KeptAccount, type LiveAccount, restoreAccount, saveAccount } from "./liveAccount.ts";
import type { LiveSession } from "./liveSession.ts";
import { matchPersons, renumbered } from "./personNumbers.ts";
import {
  type RecountReason,
  type RecountRules,
  recountReason,
  type Staleness,
  stalenessOf,
} from "./recount.ts";
import {
  type ItemFacts,
  numberOf,
  type SessionContext,
  sessionOf,
  sessionWith,
} from "./sessionEvents.ts";
import { compareSessions, sessionTable } from "./sessionTable.ts";
import { type SessionPerson, unsaidOf } from "./unsaid.ts";

export interface PeopleViewOptions {
  readonly partitionCount: number;
  /** Sessions that are kept of an account: the latest. */
  readonly sessionsMax: number;
  /** Beyond, the account that was quiet the longest is forgotten. */
  readonly accountsMax: number;
  /** Items whose genre is known; beyond, that of the one that was described the longest ago is forgotten. */
  readonly itemsMax: number;
  /** Sessions that began so long before the log's time are forgotten, ms. */
  readonly retentionMs: number;
  readonly recount: RecountRules;
  /** Where places are, for local time and for what distances prove; without it, only a time zone that was told says the former. */
  readonly places?: PlaceSource;
}

/** What was looked up of places is forgotten after so many sessions: at most as many places, some 200 bytes each. */
const remembered = 100_000;

/** Accounts that want not to be counted; beyond, no account is taken up that is not known. */
const optedOutMax = 10_000_000;

/**
 * Who is behind each account, as the log tells it.
 *
 * ```
 * access, or another event  ──► a session begins: half of the account's are new, or strangers' … ──► all are counted again
 *   of a token that is new                        └► else it is assigned to one of those counted
 * other events of a session ──► what was done in it
 * account_set people=false  ──► the account is forgotten, and never counted
 * erase                     ──► the account is forgotten
 * a new day of the log      ──► what is too old goes; what is due and had no new session is counted
 * ```
 *
 * Counts are made where the log says, whatever the time of day and the load, so a copy of the view has the same ones. It costs
 * what they cost: it belongs in a thread of its own.
 *
 * Memory: 1.4 KB a session with seven actions, measured (bench `peopleLive`).
 */
export class PeopleView implements View {
  readonly #options: PeopleViewOptions;
  readonly #read: ReadOffsets;
  readonly #texts = new SharedTexts();
  readonly #whereabouts: Whereabouts;
  readonly #context: SessionContext;
  /** In order of the latest event: the first is the one to forget. */
  readonly #accounts: OrderedMap<KeptAccount>;
  readonly #items = new OrderedMap<KnownItem>({ save: saveItem, restore: restoreItem });
  readonly #optedOut = new OrderedMap<Ordered>({
    save: (writer, { key }) => writer.text(key),
    restore: (reader) => ({ key: reader.text(), order: 0 }),
  });
  /** Accounts of which something is to be said; each may have nothing any more. */
  readonly #unsaid = new Set<string>();
  #logTime = 0;
  /** Sessions, of this process. */
  #begun = 0;

  constructor(options: PeopleViewOptions) {
    this.#options = options;
    this.#read = new ReadOffsets(options.partitionCount);
    const shared = (text: string): string => this.#texts.of(text);
    this.#whereabouts = new Whereabouts(options.places);
    this.#context = {
      shared,
      factsOf: (item) => this.#items.get(item),
      whereabouts: this.#whereabouts,
    };
    this.#accounts = new OrderedMap<KeptAccount>({
      save: saveAccount,
      restore: (reader) => restoreAccount(reader, shared),
    });
  }

  get offsets(): Offsets {
    return this.#read.next;
  }

  /** Of the newest record, epoch milliseconds; 0 before the first. */
  get logTime(): number {
    return this.#logTime;
  }

  /** Undefined of one without sessions. Changes with the next record: do not keep it. */
  of(account: string): LiveAccount | undefined {
    return this.#accounts.get(account);
  }

  /** Those with sessions, in order of their latest event. */
  accounts(): Iterable<LiveAccount> {
    return this.#accounts.values();
  }

  isOptedOut(account: string): boolean {
    return this.#optedOut.get(account) !== undefined;
  }

  get optedOutCount(): number {
    return this.#optedOut.size;
  }

  /** The number of the person whose session it is; undefined where that is nobody known. */
  personOf(account: string, token: string): number | undefined {
    const session = this.#accounts.get(account)?.sessions.findLast((one) => one.token === token);
    return session === undefined || session.isBeyond || session.person === 0
      ? undefined
      : session.person;
  }

  /**
   * Whose sessions are that the log has under somebody else, or nobody, by now: what `person_assigned` records should say. Those of at
   * least so many sessions, if there are so many; no account by half.
   */
  unsaid(count: number): SessionPerson[] {
    const found: SessionPerson[] = [];
    for (const key of this.#unsaid) {
      const account = this.#accounts.get(key);
      const ofAccount = account === undefined ? [] : unsaidOf(account);
      if (ofAccount.length === 0) this.#unsaid.delete(key);
      found.push(...ofAccount);
      if (found.length >= count) break;
    }
    return found;
  }

  /** Why the account will be counted again when its next session begins; undefined where it need not be. */
  recountReason({ sessions, count }: LiveAccount): RecountReason | undefined {
    return recountReason(sessions, count?.countedAt, this.#logTime, this.#options.recount);
  }

  /** What a count costs, in sessions that are given to the wrong person. */
  get runCost(): number {
    return this.#options.recount.runCost;
  }

  /** Days after which an account is counted again in any case. */
  get ageDaysMax(): number {
    return this.#options.recount.ageMaxMs / dayMs;
  }

  /** Undefined where it was not counted. */
  staleness({ sessions, count }: LiveAccount): Staleness | undefined {
    if (count === undefined) return undefined;
    return stalenessOf(sessions, count.countedAt, this.#logTime, this.#options.recount);
  }

  /** Of the sessions since the count from those that it was made of. */
  drift(account: LiveAccount): ColumnDrift {
    return driftSince(this.tableOf(account), (session) => account.sessions[session].isCounted);
  }

  /** Its sessions as they are counted. */
  tableOf({ key, sessions }: LiveAccount): AccountSessions {
    return sessionTable(key, sessions, this.#whereabouts);
  }

  /** A session that is not in the log, as its first event would make it, with so many things done in it. */
  draft(events: readonly (Event & { readonly session: string })[]): LiveSession {
    const [first, ...others] = events;
    let session = sessionOf(first, this.#context);
    for (const event of others) session = sessionWith(session, event, this.#context);
    return session;
  }

  /** The session as it would be assigned; unchanged where the account was not counted. Nothing is kept. */
  assigned(account: LiveAccount, session: LiveSession): LiveSession {
    const sessions = [...account.sessions, session].sort(compareSessions);
    const at = sessions.indexOf(session);
    return assignChanged(account.key, sessions, this.#whereabouts)[at];
  }

  apply(record: LogRecord): void {
    if (!this.#read.take(record)) return;
    const { event, logTime } = record;
    const isNewDay = Math.floor(logTime / dayMs) > Math.floor(this.#logTime / dayMs);
    this.#logTime = Math.max(this.#logTime, logTime);
    if (isNewDay) this.#beginDay();
    if (event.type === "erase") this.#erase(eventKey(event));
    else if (event.type === "person_assigned") this.#noteSaid(event);
    else if (isEngineType.has(event.type)) this.#describe(event);
    else if (event.account !== undefined && event.session !== undefined) {
      this.#follow(event.account, { ...event, session: event.session });
    }
  }

  save(sink: SnapshotSink): void {
    const head = new ByteWriter();
    this.#read.save(head);
    head.f64(this.#logTime);
    sink.write("people", head.bytes());
    sink.writeParts("people.accounts", this.#accounts.parts());
    sink.writeParts("people.items", this.#items.parts());
    sink.writeParts("people.optedOut", this.#optedOut.parts());
  }

  restore(source: SnapshotSource): void {
    const head = new ByteReader(source.read("people"), "people");
    this.#read.restore(head);
    this.#logTime = head.f64();
    head.end();
    for (const [section, map] of [
      ["people.accounts", this.#accounts],
      ["people.items", this.#items],
      ["people.optedOut", this.#optedOut],
    ] as const) {
      const reader = new ByteReader(source.read(section), section);
      map.restore(reader);
      reader.end();
    }
    this.#unsaid.clear();
    for (const account of this.#accounts.values()) this.#noteUnsaid(account);
  }

  #describe(event: Event): void {
    const described = descriptionIn(event);
    if (described?.kind === "account") this.#setWish(described);
    else if (described?.kind === "item") this.#setItem(described.name, described.properties);
  }

  #setWish(described: Description): void {
    const { name: account } = described;
    const before = this.#optedOut.get(account);
    if (!wantsNoPeople(described)) {
      if (before !== undefined) this.#optedOut.delete(before);
      return;
    }
    this.#forget(account);
    if (before === undefined && this.#optedOut.size < optedOutMax) {
      this.#optedOut.add({ key: account, order: 0 });
    }
  }

  #setItem(item: string, { artist, categories }: Properties): void {
    const before = this.#items.get(item);
    if (before !== undefined) this.#items.delete(before);
    const [genre] = String(categories ?? "").split("|");
    if (genre.trim() === "" && artist === undefined) return;
    const facts = {
      genre: this.#texts.of(genre.trim()),
      artist: numberOf(artist === undefined ? undefined : String(artist)),
    };
    this.#items.add({ key: item, order: 0, ...facts });
    const { oldest } = this.#items;
    if (this.#items.size > this.#options.itemsMax && oldest !== undefined) {
      this.#items.delete(oldest);
    }
  }

  #erase(account: string): void {
    this.#forget(account);
    const optedOut = this.#optedOut.get(account);
    if (optedOut !== undefined) this.#optedOut.delete(optedOut);
  }

  #forget(key: string): void {
    const account = this.#accounts.get(key);
    if (account !== undefined) this.#accounts.delete(account);
  }

  #follow(key: string, event: Event & { readonly session: string }): void {
    if (event.time < this.#logTime - this.#options.retentionMs || this.isOptedOut(key)) return;
    const account = this.#touch(key);
    if (account === undefined) return;
    const { sessions } = account;
    const at = sessions.findLastIndex(({ token }) => token === event.session);
    if (at < 0) return this.#begin(account, sessionOf(event, this.#context));
    const before = sessions[at];
    const session = sessionWith(before, event, this.#context);
    sessions[at] = session;
    if (session.start !== before.start) sessions.sort(compareSessions);
  }

  #noteSaid({ account: key = "", session: token, context }: Event): void {
    const account = this.#accounts.get(key);
    const at = account?.sessions.findLastIndex((session) => session.token === token) ?? -1;
    if (account === undefined || at < 0) return;
    this.#accounts.keep(account);
    account.sessions[at] = { ...account.sessions[at], said: Number(context?.["person"]) };
  }

  #noteUnsaid(account: LiveAccount): void {
    if (unsaidOf(account).length > 0) this.#unsaid.add(account.key);
  }

  /** As it is to be changed now; undefined where there is no room for it. */
  #touch(key: string): KeptAccount | undefined {
    const known = this.#accounts.get(key);
    if (known !== undefined) {
      this.#accounts.renew(known);
      return known;
    }
    if (this.#optedOut.size >= optedOutMax) return undefined;
    const { oldest } = this.#accounts;
    if (this.#accounts.size >= this.#options.accountsMax && oldest !== undefined) {
      this.#accounts.delete(oldest);
    }
    const account: KeptAccount = { key, order: 0, sessions: [], count: undefined, nextPerson: 1 };
    this.#accounts.add(account);
    return account;
  }

  #begin(account: KeptAccount, session: LiveSession): void {
    if (++this.#begun % remembered === 0) this.#whereabouts.clear();
    this.#dropOld(account);
    this.#countIfDue(account);
    account.sessions.push(session);
    account.sessions.sort(compareSessions);
    if (account.sessions.length > this.#options.sessionsMax) account.sessions.shift();
    this.#forgetCountWithoutSessions(account);
    if (account.count !== undefined) {
      account.sessions = assignChanged(account.key, account.sessions, this.#whereabouts);
    }
    this.#noteUnsaid(account);
  }

  #countIfDue(account: KeptAccount): void {
    if (this.recountReason(account) === undefined) return;
    const { key, sessions, nextPerson } = account;
    const counted = countBest(sessionTable(key, sessions, this.#whereabouts));
    const before = sessions.map(({ person, isBeyond }) => (isBeyond ? 0 : person));
    const { numbers, next } = matchPersons(before, counted.persons, nextPerson);
    account.nextPerson = next;
    account.sessions = sessions.map((session, at) => ({
      ...session,
      person: numbers[counted.persons[at] - 1],
      confidence: counted.confidences[at],
      isBeyond: false,
      isCounted: true,
      isChanged: false,
    }));
    const { people, probabilities, low, high, usage } = counted;
    account.count = {
      people,
      probabilities,
      low,
      high,
      usage,
      evidence: renumbered(counted.evidence, numbers),
      countedAt: this.#logTime,
      sessionCount: sessions.length,
    };
  }

  #beginDay(): void {
    for (const account of [...this.#accounts.values()]) {
      if (!this.#isTooOld(account.sessions[0]) && this.recountReason(account) === undefined) {
        continue;
      }
      this.#accounts.keep(account);
      this.#dropOld(account);
      if (account.sessions.length === 0) this.#accounts.delete(account);
      else {
        this.#countIfDue(account);
        this.#noteUnsaid(account);
      }
    }
  }

  #dropOld(account: KeptAccount): void {
    const kept = account.sessions.findIndex((session) => !this.#isTooOld(session));
    account.sessions.splice(0, kept < 0 ? account.sessions.length : kept);
    this.#forgetCountWithoutSessions(account);
  }

  #isTooOld({ start }: LiveSession): boolean {
    return start < this.#logTime - this.#options.retentionMs;
  }

  /** A count says nothing of sessions that are gone. */
  #forgetCountWithoutSessions(account: KeptAccount): void {
    if (account.count === undefined || account.sessions.some(({ isCounted }) => isCounted)) return;
    account.count = undefined;
    account.sessions = account.sessions.map((session) => ({ ...session, ...nobodys }));
  }
}

const isEngineType: ReadonlySet<string> = new Set(engineEventTypes);

const nobodys = { person: 0, confidence: 0, isBeyond: false } as const;

/**
 * Gives the sessions that were not counted, and of which more is known since they were given a person, one by those that were counted.
 *
 * @param sessions in canonical order.
 */
function assignChanged(
  account: string,
  sessions: readonly LiveSession[],
  whereabouts: Whereabouts,
): LiveSession[] {
  const looked = sessions.filter(({ isCounted, isChanged }) => isCounted || isChanged);
  const known = new Set<number>();
  for (const { isCounted, person } of looked) if (isCounted) known.add(person);
  if (known.size === 0) return [...sessions];
  const numbers = [...known].sort((a, b) => a - b);
  const persons = new Uint16Array(looked.length);
  for (const [at, { isCounted, person }] of looked.entries()) {
    if (isCounted) persons[at] = 1 + numbers.indexOf(person);
  }
  const assigned = assignSessions(sessionTable(account, looked, whereabouts), persons);
  let at = 0;
  return sessions.map((session) => {
    if (session !== looked[at]) return session;
    const found = assigned[at++];
    if (found === undefined) return session;
    const { person, confidence, isBeyond } = found;
    return { ...session, person: numbers[person - 1], confidence, isBeyond, isChanged: false };
  });
}

interface KnownItem extends Ordered, ItemFacts {}

function saveItem(writer: ByteWriter, { key, genre, artist }: KnownItem): void {
  writer.text(key);
  writer.text(genre);
  writer.u32(artist);
}

function restoreItem(reader: ByteReader): KnownItem {
  return { key: reader.text(), order: 0, genre: reader.text(), artist: reader.u32() };
}
