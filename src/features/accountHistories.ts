import { ByteReader, ByteWriter, type Ordered, OrderedMap } from "../core/index.ts";
import {
  eventKey,
  type LogRecord,
  type Offsets,
  ReadOffsets,
  type SnapshotSink,
  type SnapshotSource,
  type View,
} from "../event/index.ts";
import { type FeedbackRules, feedbackOf } from "./feedback.ts";
import type { ItemIndex } from "./itemIndex.ts";

export interface AccountHistoriesOptions {
  readonly partitionCount: number;
  readonly rules: FeedbackRules;
  /** Above it, the account that was quiet the longest is forgotten. */
  readonly accountsMax: number;
  /** Items an account keeps as had; above it, its oldest are forgotten and may be recommended again. */
  readonly itemsPerAccountMax: number;
}

export interface AccountHistory {
  /** Items it had, oldest first, each once. */
  readonly had: readonly number[];
  /** Items it had and wanted (positive feedback), oldest first; the last `wantedMax`. */
  readonly wanted: readonly number[];
  /** Event time of the latest event about an item; epoch milliseconds. */
  readonly lastTime: number;
  /** Anonymous sessions that logged in to it, whose history it has; the latest `sessionsMax`. */
  readonly sessions: readonly string[];
}

interface MutableHistory extends AccountHistory, Ordered {
  had: number[];
  wanted: number[];
  lastTime: number;
  sessions: string[];
  /** Whether nothing was done under this name by somebody who was logged in. */
  isAnonymous: boolean;
  /** A small number of its own while it is there. */
  readonly slot: number;
}

/** What is asked of the past: the model's bag, co-occurrence and category tastes all look no further. */
export const wantedMax = 64;

/** More than one person opens in a day; of more, the oldest are erased by name alone. */
const sessionsMax = 100;

const empty: AccountHistory = { had: [], wanted: [], lastTime: Number.NaN, sessions: [] };

/**
 * What each account (or anonymous session) had, and what it wanted last.
 *
 * An event with an account and a session says that the session logged in: what it did before, without an account,
 * becomes the account's past, and the session starts anew. A session that was ever an account's name is none.
 *
 * Memory: 8 bytes an item had (a JavaScript array of small numbers), about 300 bytes an account.
 */
export class AccountHistories implements View {
  readonly #options: AccountHistoriesOptions;
  readonly #items: ItemIndex;
  readonly #read: ReadOffsets;
  /** In order of the latest event: the first is the one to forget. */
  readonly #byAccount = new OrderedMap<MutableHistory>({
    save: saveHistory,
    restore: restoreHistory,
  });
  /** By slot; undefined where one is free. */
  #bySlot: (MutableHistory | undefined)[] = [];
  /** The last is given next. */
  #freeSlots: number[] = [];

  /** @param items gets every record before this view does. */
  constructor(items: ItemIndex, options: AccountHistoriesOptions) {
    this.#items = items;
    this.#options = options;
    this.#read = new ReadOffsets(options.partitionCount);
  }

  get offsets(): Offsets {
    return this.#read.next;
  }

  get accountCount(): number {
    return this.#byAccount.size;
  }

  /** Empty for an account that did nothing yet. Changes with the next event: do not keep it. */
  of(account: string): AccountHistory {
    return this.#byAccount.get(account) ?? empty;
  }

  /** A number of the account's own, as long as it has a history: it may be another's afterwards. -1 without one. */
  slotOf(account: string): number {
    return this.#byAccount.get(account)?.slot ?? -1;
  }

  /** One more than the largest slot. */
  get slotCount(): number {
    return this.#bySlot.length;
  }

  /** Empty where the slot is free. Changes with the next event: do not keep it. */
  at(slot: number): AccountHistory {
    return this.#bySlot[slot] ?? empty;
  }

  /** Of the account whose slot it is; empty where it is free. */
  nameAt(slot: number): string {
    return this.#bySlot[slot]?.key ?? "";
  }

  apply(record: LogRecord): void {
    const { event } = record;
    if (!this.#read.take(record)) return;
    if (event.type === "erase") this.#forget(eventKey(event));
    const { account, session } = event;
    if (account !== undefined && session !== undefined) this.#logIn(session, account);
    if (event.item === undefined || event.type === "item_set") return;
    const feedback = feedbackOf(event, this.#options.rules);
    if (!feedback.had && feedback.weight === 0) return;
    const item = this.#items.indexOf(event.item);
    if (item < 0) return; // past the limit of items
    const history = this.#touch(eventKey(event));
    if (event.account !== undefined) history.isAnonymous = false;
    if (Number.isNaN(history.lastTime) || event.time > history.lastTime)
      history.lastTime = event.time;
    if (feedback.had && !history.had.includes(item)) {
      history.had.push(item);
      if (history.had.length > this.#options.itemsPerAccountMax) history.had.shift();
    }
    if (feedback.weight < 0) history.wanted = history.wanted.filter((wanted) => wanted !== item);
    if (feedback.weight > 0 && history.wanted.at(-1) !== item) {
      const before = history.wanted.indexOf(item);
      if (before >= 0) history.wanted.splice(before, 1); // wanted again: it is the latest now
      history.wanted.push(item);
      if (history.wanted.length > wantedMax) history.wanted.shift();
    }
  }

  save(sink: SnapshotSink): void {
    const read = new ByteWriter();
    this.#read.save(read);
    read.u32s(this.#freeSlots);
    sink.write("histories", read.bytes());
    sink.writeParts("histories.accounts", this.#byAccount.parts());
  }

  restore(source: SnapshotSource): void {
    const read = new ByteReader(source.read("histories"), "histories");
    this.#read.restore(read);
    this.#freeSlots = [...read.array(Uint32Array)];
    read.end();
    const reader = new ByteReader(source.read("histories.accounts"), "histories.accounts");
    this.#byAccount.restore(reader);
    reader.end();
    const slotCount = this.#byAccount.size + this.#freeSlots.length;
    this.#bySlot = Array.from({ length: slotCount }, () => undefined);
    for (const history of this.#byAccount.values()) this.#bySlot[history.slot] = history;
  }

  #forget(account: string): void {
    this.#delete(this.#byAccount.get(account));
  }

  #delete(history: MutableHistory | undefined): void {
    if (history === undefined) return;
    this.#byAccount.delete(history);
    this.#bySlot[history.slot] = undefined;
    this.#freeSlots.push(history.slot);
  }

  #logIn(session: string, account: string): void {
    const before = this.#byAccount.get(session);
    if (before?.isAnonymous !== true || session === account) return;
    this.#delete(before);
    const history = this.#touch(account);
    history.isAnonymous = false;
    const { itemsPerAccountMax } = this.#options;
    history.had = [...new Set([...history.had, ...before.had])].slice(-itemsPerAccountMax);
    // Its wishes are the latest.
    const wanted = history.wanted.filter((item) => !before.wanted.includes(item));
    history.wanted = [...wanted, ...before.wanted].slice(-wantedMax);
    if (!(history.lastTime >= before.lastTime)) history.lastTime = before.lastTime;
    history.sessions = [...new Set([...history.sessions, session])].slice(-sessionsMax);
  }

  #touch(account: string): MutableHistory {
    const known = this.#byAccount.get(account);
    if (known !== undefined) {
      this.#byAccount.renew(known);
      return known;
    }
    if (this.#byAccount.size >= this.#options.accountsMax) this.#delete(this.#byAccount.oldest);
    const slot = this.#freeSlots.pop() ?? this.#bySlot.length;
    const history: MutableHistory = {
      key: account,
      order: 0,
      slot,
      isAnonymous: true,
      had: [],
      wanted: [],
      lastTime: Number.NaN,
      sessions: [],
    };
    this.#byAccount.add(history);
    this.#bySlot[slot] = history;
    return history;
  }
}

function saveHistory(writer: ByteWriter, history: MutableHistory): void {
  const { key, slot, lastTime, had, wanted, sessions, isAnonymous } = history;
  writer.text(key);
  writer.u32(slot);
  writer.u32(Number(isAnonymous));
  writer.u32(sessions.length);
  for (const session of sessions) writer.text(session);
  writer.f64(lastTime);
  writer.u32s(had);
  writer.u32s(wanted);
}

function restoreHistory(reader: ByteReader): MutableHistory {
  const key = reader.text();
  const slot = reader.u32();
  const isAnonymous = reader.u32() === 1;
  const sessions = Array.from({ length: reader.u32() }, () => reader.text());
  const lastTime = reader.f64();
  const had = [...reader.array(Uint32Array)];
  const wanted = [...reader.array(Uint32Array)];
  return { key, order: 0, slot, isAnonymous, sessions, lastTime, had, wanted };
}
