import { ByteReader, ByteWriter, OrderedMap } from "../../core/index.ts";
import {
  descriptionIn,
  type Event,
  linkedAccount,
  type SnapshotSink,
  type SnapshotSource,
  wantsNoPeople,
} from "../../event/index.ts";
import { keyOf } from "../identity.ts";
import { type TouchKind, touchKindOf } from "../rules.ts";
import { CurrencyTally } from "./currencyTally.ts";
import { ConversionIds, TouchIds } from "./duplicates.ts";
import {
  conversionOrder,
  Identity,
  type KeptConversion,
  type KeptTouch,
  lineId,
  type Owner,
  touchDuplicateOrder,
  touchOrder,
  unresolved,
} from "./identity.ts";
import { KeptTexts } from "./keptTexts.ts";
import { Links } from "./links.ts";
import { Logins } from "./logins.ts";
import { restoreOwner, saveOwner } from "./ownerBytes.ts";
import { SessionPersons } from "./sessionPersons.ts";
import { inserted, remove } from "./sorted.ts";

export interface AttributionStateOptions {
  /** Names of the events that are conversions. */
  readonly conversions: Iterable<string>;
  /** `person`: what an account's session did is credited to the person whose it is, where that is known. Default `account`. */
  readonly key?: "account" | "person";
  /** Accounts, and sessions; beyond, of each the one that was quiet the longest is forgotten. */
  readonly accountsMax: number;
  readonly sessionsMax: number;
  /** Touches of an account or session, and conversions; beyond, of each the oldest is forgotten. */
  readonly eventsMax: number;
}

/**
 * All touches and conversions of whom they are, as events come: in any order, late, more than once, before a login or a link that moves
 * them.
 *
 * ```
 * event ─► owner (the account or session that it names): what is kept, and saved
 *             └─► home (all that is credited together): what follows from it at each moment
 *
 * touch, conversion    of two with one id, the earlier stays; it goes to its home, and moves the conversions there that come after it
 * link                 the homes of two accounts become one
 * account and session  what the session did goes home to the account
 * person_assigned      what the account did in a session goes home to the person
 * ```
 *
 * Whatever the order, what is known in the end is what the same events say when they are sorted first. That holds as long as nothing is
 * forgotten: by `letGo`, or beyond a limit.
 *
 * An event costs a search in the lists of its owner and home; a login or a link, what it moves.
 */
export class AttributionState {
  readonly #options: AttributionStateOptions;
  readonly #events: ReadonlySet<string>;
  readonly #texts = new KeptTexts();
  /** In order of their latest event: the first is the one to forget. */
  readonly #accounts: OrderedMap<Owner>;
  readonly #sessions: OrderedMap<Owner>;
  readonly #links = new Links();
  #touchIds = new TouchIds();
  #conversionIds = new ConversionIds();
  #currencies = new CurrencyTally();
  readonly #accountHomes = new Map<string, Identity>();
  readonly #sessionHomes = new Map<string, Identity>();
  /** Epoch ms: what is older is let go. */
  #touchesFrom = Number.NEGATIVE_INFINITY;
  #conversionsFrom = Number.NEGATIVE_INFINITY;
  /** Nothing of these is older, so that a day on which nothing can go costs nothing. */
  #earliestTouch = Number.POSITIVE_INFINITY;
  #earliestConversion = Number.POSITIVE_INFINITY;

  constructor(options: AttributionStateOptions) {
    this.#options = options;
    this.#events = new Set(options.conversions);
    const ownersOf = (isSession: boolean): OrderedMap<Owner> =>
      new OrderedMap<Owner>({
        save: saveOwner,
        restore: (reader) => restoreOwner(reader, isSession, this.#texts),
      });
    this.#accounts = ownersOf(false);
    this.#sessions = ownersOf(true);
  }

  /** That touches cost in, and these events are worth; what neither says is in none. */
  currencies(events: Iterable<string>): string[] {
    return this.#currencies.of(events);
  }

  /** Those of accounts, then those of sessions that never logged in. Not to be kept: they change with the next event. */
  *identities(): Generator<Identity> {
    yield* this.#accountHomes.values();
    yield* this.#sessionHomes.values();
  }

  /** @param number of the event in its stream; no two have the same. */
  apply(event: Event, number: number): void {
    const { type, time, account, session } = event;
    if (type === "person_assigned") {
      this.#assign(event);
      return;
    }
    if (wantsNoPeople(descriptionIn(event))) {
      this.#forgetPersons(account ?? "");
      return;
    }
    const linked = linkedAccount(event);
    if (account !== undefined && linked !== undefined) {
      this.#moveFrom(this.#links.add(account, linked));
    }
    if (account !== undefined && session !== undefined) this.#logIn(session, account, time);
    const kind = touchKindOf(type);
    if (kind !== undefined && time >= this.#touchesFrom) this.#addTouch(event, kind, number);
    if (this.#events.has(type) && time >= this.#conversionsFrom) this.#addConversion(event, number);
  }

  /**
   * Forgets touches and conversions from before these times, and takes none any more. Of duplicates the one stays that decides whether
   * later ones count. O(all).
   */
  letGo(before: { readonly touches: number; readonly conversions: number }): void {
    this.#touchesFrom = Math.max(this.#touchesFrom, before.touches);
    this.#conversionsFrom = Math.max(this.#conversionsFrom, before.conversions);
    const { touches, conversions } = before;
    if (touches <= this.#earliestTouch && conversions <= this.#earliestConversion) return;
    for (const owners of [this.#accounts, this.#sessions]) {
      for (const owner of [...owners.values()]) this.#letGoOf(owner);
    }
    this.#earliestTouch = this.#touchesFrom;
    this.#earliestConversion = this.#conversionsFrom;
  }

  /** Sessions in which one of these accounts did something before it logged in, or without its account. O(sessions). */
  sessionsOf(accounts: ReadonlySet<string>): string[] {
    const found: string[] = [];
    for (const { key, logins, touches, conversions } of this.#sessions.values()) {
      const isTheirs = ({ time }: KeptTouch | KeptConversion): boolean =>
        accounts.has(logins?.accountAt(time) ?? "");
      if (touches.some(isTheirs) || conversions.some(isTheirs)) found.push(key);
    }
    return found;
  }

  /** Forgets all of an account, or of an anonymous session of that name. */
  erase(name: string): void {
    for (const owners of [this.#accounts, this.#sessions]) {
      const owner = owners.get(name);
      if (owner !== undefined) this.#forget(owner);
    }
    this.#moveFrom(this.#links.forget(name));
    for (const session of this.#sessions.values()) {
      if (session.logins?.has(name) !== true) continue;
      this.#sessions.keep(session);
      session.logins.forget(name);
      this.#settleAll(session);
    }
  }

  save(sink: SnapshotSink): void {
    const head = new ByteWriter();
    head.f64(this.#touchesFrom);
    head.f64(this.#conversionsFrom);
    head.f64(this.#earliestTouch);
    head.f64(this.#earliestConversion);
    sink.write("attribution.from", head.bytes());
    for (const [section, map] of this.#sections()) sink.writeParts(section, map.parts());
  }

  restore(source: SnapshotSource): void {
    const head = new ByteReader(source.read("attribution.from"), "attribution.from");
    this.#touchesFrom = head.f64();
    this.#conversionsFrom = head.f64();
    this.#earliestTouch = head.f64();
    this.#earliestConversion = head.f64();
    head.end();
    for (const [section, map] of this.#sections()) {
      const reader = new ByteReader(source.read(section), section);
      map.restore(reader);
      reader.end();
    }
    this.#derive();
  }

  #sections() {
    return [
      ["attribution.accounts", this.#accounts],
      ["attribution.sessions", this.#sessions],
      ["attribution.links", this.#links.map],
    ] as const;
  }

  /** All that follows from what is saved. */
  #derive(): void {
    this.#links.derive();
    this.#touchIds = new TouchIds();
    this.#conversionIds = new ConversionIds();
    this.#currencies = new CurrencyTally();
    this.#accountHomes.clear();
    this.#sessionHomes.clear();
    const owners = [...this.#accounts.values(), ...this.#sessions.values()];
    for (const { touches, conversions } of owners) {
      for (const touch of touches) if (touch.hasId) this.#touchIds.set(touch);
      for (const conversion of conversions) this.#conversionIds.add(conversion);
    }
    for (const owner of owners) this.#settleAll(owner);
  }

  #addTouch(event: Event, kind: TouchKind, number: number): void {
    const owner = this.#ownerOf(event);
    if (owner === undefined) return;
    const { ad = {} } = event;
    const names = this.#texts.names(ad);
    const kept = this.#keptOf(event, ad.cost, number, owner);
    const touch: KeptTouch = { ...kept, kind, names, cost: ad.cost ?? Number.NaN };
    if (touch.hasId) {
      const same = this.#touchIds.same(touch);
      if (same !== undefined && touchDuplicateOrder(same, touch) < 0) return;
      if (same !== undefined) this.#removeTouch(same);
      this.#touchIds.set(touch);
    }
    this.#keep(owner);
    this.#earliestTouch = Math.min(this.#earliestTouch, touch.time);
    owner.touches = inserted(owner.touches, touch, touchOrder);
    this.#settleTouch(touch);
    if (owner.touches.length > this.#options.eventsMax) this.#removeTouch(owner.touches[0]);
  }

  #removeTouch(touch: KeptTouch): void {
    const { owner, home } = touch;
    this.#keep(owner);
    remove(owner.touches, touch, touchOrder);
    if (touch.hasId) this.#touchIds.delete(touch);
    home?.removeTouch(touch);
    this.#dropIfEmpty(home);
  }

  #addConversion(event: Event, number: number): void {
    const owner = this.#ownerOf(event);
    if (owner === undefined) return;
    const conversion: KeptConversion = {
      ...this.#keptOf(event, event.value, number, owner),
      event: this.#texts.of(event.type),
      value: event.value ?? 0,
      ...unresolved,
    };
    this.#keep(owner);
    this.#earliestConversion = Math.min(this.#earliestConversion, conversion.time);
    owner.conversions = inserted(owner.conversions, conversion, conversionOrder);
    for (const one of this.#conversionIds.add(conversion)) this.#settleConversion(one);
    const { conversions } = owner;
    if (conversions.length > this.#options.eventsMax) this.#removeConversion(conversions[0]);
  }

  #removeConversion(conversion: KeptConversion): void {
    this.#takeOut(conversion);
    for (const one of this.#conversionIds.delete(conversion)) this.#settleConversion(one);
  }

  #takeOut(conversion: KeptConversion): void {
    const { owner, home } = conversion;
    this.#keep(owner);
    remove(owner.conversions, conversion, conversionOrder);
    home?.removeConversion(conversion);
    this.#dropIfEmpty(home);
  }

  #logIn(session: string, account: string, time: number): void {
    const owner = this.#touched(this.#sessions, session, this.#options.sessionsMax);
    this.#keep(owner);
    this.#earliestTouch = Math.min(this.#earliestTouch, time); // logins are kept as long as touches
    if (owner.logins?.note(time, this.#texts.of(account)) === true) this.#settleAll(owner);
  }

  #assign({ account, session, time, context }: Event): void {
    if (this.#options.key !== "person" || account === undefined || session === undefined) return;
    const owner = this.#touched(this.#accounts, account, this.#options.accountsMax);
    this.#keep(owner);
    owner.persons ??= new SessionPersons();
    const person = Number(context?.["person"]);
    if (owner.persons.note(this.#texts.of(session), person, time)) {
      this.#settleSession(owner, session);
    }
  }

  /** Of an account that wants that nobody counts its people. */
  #forgetPersons(account: string): void {
    const owner = this.#accounts.get(account);
    if (owner?.persons === undefined) return;
    this.#keep(owner);
    const sessions = owner.persons.clear();
    owner.persons = undefined;
    for (const session of sessions) this.#settleSession(owner, session);
  }

  /** What the account did in the session, and what the session did before it logged in. */
  #settleSession({ touches, conversions }: Owner, session: string): void {
    const isOf = (one: { readonly session?: string }): boolean => one.session === session;
    this.#settleAll({ touches: touches.filter(isOf), conversions: conversions.filter(isOf) });
    const anonymous = this.#sessions.get(session);
    if (anonymous !== undefined) this.#settleAll(anonymous);
  }

  #letGoOf(owner: Owner): void {
    if (!this.#hasOld(owner)) return;
    while (owner.touches.length > 0 && owner.touches[0].time < this.#touchesFrom) {
      this.#removeTouch(owner.touches[0]);
    }
    const from = this.#conversionsFrom;
    for (const conversion of owner.conversions.filter(({ time }) => time < from)) {
      if (this.#conversionIds.isSpent(conversion, from)) {
        this.#takeOut(conversion);
        this.#conversionIds.forget(conversion);
      } else this.#settleConversion(conversion);
    }
    const { logins } = owner;
    const spent = logins?.spentBefore(this.#touchesFrom) ?? 0;
    if (spent > 0) {
      this.#keep(owner);
      logins?.dropFirst(spent);
    }
    if (owner.persons !== undefined) {
      this.#keep(owner);
      const dropped = owner.persons.dropBefore(this.#touchesFrom);
      if (owner.persons.isEmpty) owner.persons = undefined;
      for (const session of dropped) this.#settleSession(owner, session);
    }
    const isQuiet = (logins?.last ?? Number.NEGATIVE_INFINITY) < this.#touchesFrom;
    const isEmpty = owner.touches.length + owner.conversions.length === 0;
    if (isEmpty && isQuiet && owner.persons === undefined) {
      this.#ownersLike(owner).delete(owner);
    }
  }

  /** Whether there is anything to let go of; of most there is not. */
  #hasOld({ touches, conversions, logins, persons }: Owner): boolean {
    if (persons !== undefined) return true;
    const first = logins?.first;
    if (touches.length + conversions.length === 0 && first === undefined) return true;
    return (
      (first !== undefined && first < this.#touchesFrom) ||
      (touches.length > 0 && touches[0].time < this.#touchesFrom) ||
      (conversions.length > 0 && conversions[0].time < this.#conversionsFrom)
    );
  }

  #forget(owner: Owner): void {
    for (const touch of [...owner.touches]) this.#removeTouch(touch);
    for (const conversion of [...owner.conversions]) this.#removeConversion(conversion);
    this.#ownersLike(owner).delete(owner);
    for (const session of owner.persons?.clear() ?? []) this.#settleSession(owner, session);
  }

  /** Undefined of what nobody did. */
  #ownerOf({ account, session }: Event): Owner | undefined {
    const { accountsMax, sessionsMax } = this.#options;
    if (account !== undefined) return this.#touched(this.#accounts, account, accountsMax);
    return session === undefined ? undefined : this.#touched(this.#sessions, session, sessionsMax);
  }

  /** The youngest of them now. */
  #touched(owners: OrderedMap<Owner>, key: string, max: number): Owner {
    const known = owners.get(key);
    if (known !== undefined) {
      owners.renew(known);
      return known;
    }
    if (owners.size >= max && owners.oldest !== undefined) this.#forget(owners.oldest);
    const isSession = owners === this.#sessions;
    const logins = isSession ? new Logins() : undefined;
    const owner: Owner = {
      ...{ key, order: 0, isSession, touches: [], conversions: [] },
      logins,
      persons: undefined,
    };
    owners.add(owner);
    return owner;
  }

  #ownersLike({ isSession }: Owner): OrderedMap<Owner> {
    return isSession ? this.#sessions : this.#accounts;
  }

  /** Before it changes. */
  #keep(owner: Owner): void {
    this.#ownersLike(owner).keep(owner);
  }

  #keptOf(
    { id, time, source = "", session, currency = "" }: Event,
    amount: number | undefined,
    number: number,
    owner: Owner,
  ) {
    return {
      time,
      id: id ?? lineId(number),
      hasId: id !== undefined,
      number,
      source: this.#texts.of(source),
      // That of who the session is, where it is known, rather than a text of its own.
      ...(session !== undefined && { session: this.#sessions.get(session)?.key ?? session }),
      currency: amount === undefined ? "" : this.#texts.of(currency),
      owner,
      home: undefined,
    };
  }

  #settleAll({ touches, conversions }: Pick<Owner, "touches" | "conversions">): void {
    for (const touch of touches) this.#settleTouch(touch);
    for (const conversion of conversions) this.#settleConversion(conversion);
  }

  /** What is at home there goes where it is at home now. */
  #moveFrom(names: readonly string[]): void {
    for (const name of names) {
      const home = this.#accountHomes.get(name);
      if (home === undefined) continue;
      this.#settleAll({ touches: [...home.touches()], conversions: [...home.conversions] });
    }
  }

  #settleTouch(touch: KeptTouch): void {
    const home = this.#homeOf(touch);
    const before = touch.home;
    if (home === before) return;
    before?.removeTouch(touch);
    touch.home = home;
    home.addTouch(touch);
    this.#dropIfEmpty(before);
  }

  #settleConversion(conversion: KeptConversion): void {
    const counts = conversion.isFirst && conversion.time >= this.#conversionsFrom;
    const home = counts ? this.#homeOf(conversion) : undefined;
    const before = conversion.home;
    if (home === before) return;
    before?.removeConversion(conversion);
    conversion.home = home;
    home?.addConversion(conversion);
    this.#dropIfEmpty(before);
  }

  #homeOf({ owner, time, session }: KeptTouch | KeptConversion): Identity {
    const isSession = owner.logins !== undefined;
    const account = isSession ? owner.logins.accountAt(time) : owner.key;
    const homes = account === undefined ? this.#sessionHomes : this.#accountHomes;
    const key =
      account === undefined
        ? owner.key
        : (this.#personOf(account, isSession ? owner.key : session) ?? this.#links.of(account));
    let home = homes.get(key);
    if (home === undefined) {
      home = new Identity(key, account === undefined, this.#currencies);
      homes.set(key, home);
    }
    return home;
  }

  /** The key of the person whose the session is; undefined where nobody is known. */
  #personOf(account: string, session: string | undefined): string | undefined {
    if (this.#options.key !== "person" || session === undefined) return undefined;
    const person = this.#accounts.get(account)?.persons?.of(session);
    return person === undefined ? undefined : keyOf(account, person);
  }

  #dropIfEmpty(home: Identity | undefined): void {
    if (home?.isEmpty !== true) return;
    (home.isSession ? this.#sessionHomes : this.#accountHomes).delete(home.key);
  }
}
