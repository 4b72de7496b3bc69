import { ByteReader, ByteWriter, type Ordered, OrderedMap } from "../core/index.ts";
import type { SnapshotSink, SnapshotSource } from "../event/index.ts";
import type { KeyValues } from "../storage/index.ts";
import { StoredRecords, storedKeyAt } from "./storedRecords.ts";

export interface JoinerOptions {
  /** How long an impression waits for an action, milliseconds of log time; above 0. */
  readonly windowMs: number;
  /** How long after that an action still finds it, milliseconds; 0 or more. */
  readonly lateMs: number;
  /** Weight of an impression that nobody acted on, relative to a like; 0 or more. */
  readonly negativeWeight: number;
  /**
   * When an impression without an action teaches: `"afterWindow"`, or `"atOnce"`, as if nobody would ever
   * act, with the positive on top when it comes (fake negatives; see `probabilityOf`).
   */
  readonly negatives: "afterWindow" | "atOnce";
  /** Impressions kept in memory with their features; older ones go to the store. */
  readonly inMemoryMax: number;
  /** Impressions that wait, in memory or in the store; beyond, the oldest ends without an example. */
  readonly waitingMax: number;
  /**
   * Of those no longer in memory, how many outcomes are kept beside those that wait; beyond, the oldest are
   * forgotten.
   */
  readonly outcomesMax: number;
}

/**
 * Bytes as a text of as many characters below 256: kept by the ten thousand for half an hour, a Uint8Array of this
 * size takes twice the memory, and the collector a look at each every time it passes.
 */
export type PackedBytes = string;

/** What an impression turned out to be: an example with the features it was shown with. */
export interface Joined {
  /** As they were given to `shown`. */
  readonly features: PackedBytes;
  /** 0 to 1. */
  readonly label: number;
  /** How much it says, relative to a like. */
  readonly weight: number;
  /** Weight of the negative that the same impression has taught before, and that was none; 0 mostly. */
  readonly takeBack: number;
}

export interface JoinerStats {
  readonly shownCount: number;
  readonly positiveCount: number;
  /** Positives among these that came after the impression had taught as a negative. */
  readonly latePositiveCount: number;
  readonly negativeCount: number;
  /** Impressions shown a second time, which count for nothing. */
  readonly repeatedCount: number;
  /** Actions whose impression was not known. */
  readonly unknownCount: number;
  /** Impressions that ended without an example, beyond `waitingMax`, or beyond memory without a store. */
  readonly droppedCount: number;
  /** Now: those that wait, those in memory, and those of which only the outcome is kept. */
  readonly waitingCount: number;
  readonly inMemoryCount: number;
  readonly outcomeCount: number;
}

/** Where in a record's life the joiner is. */
export interface JoinMoment {
  readonly logTime: number;
}

/** In a snapshot by their place in this list. */
const states = ["waiting", "negative", "positive", "acted"] as const;
type State = (typeof states)[number];

interface Entry extends Ordered {
  /** Log time when it was shown, or acted on if that came first. */
  readonly at: number;
  /** `acted`: an action came, and no impression yet. */
  state: State;
  /** Of a negative: the weight it taught with. */
  weight: number;
  readonly features: PackedBytes;
}

/** In a snapshot in this order. */
const countNames = [
  "shown",
  "positive",
  "latePositive",
  "negative",
  "repeated",
  "unknown",
  "dropped",
] as const;
const noCounts = Object.fromEntries(countNames.map((name) => [name, 0])) as Record<
  (typeof countNames)[number],
  number
>; // of these names and no others

interface Waiting {
  readonly key: string;
  readonly until: number;
}

/** Blocks of the store are of one stretch of time, so that old ones are a range. */
const stretchesKept = 8;
/** Up to 300 MB of hashes; beyond, an impression that leaves memory is forgotten. */
const storedMax = 8_000_000;
const none: PackedBytes = "";
const nothing: readonly Joined[] = [];

/**
 * Joins what was shown with what was done: each (request, item) becomes one example, whenever which of
 * both comes.
 *
 * ```
 * shown ──► waiting ──positive action──► positive                 label 1
 *              │ ├────negative action──► negative                 label 0, with the action's weight
 *              └─┴──end of its window──► negative                 label 0
 *                                           └─positive action──► positive, late: label 1, and the 0 taken back
 * acted on before it was shown: the action taught by itself, the impression does not
 * ```
 *
 * An impression shown twice is one; further actions on it change nothing here. Ends of windows come with
 * the first record whose log time is at or after them, in the order of the impressions: a replay gives
 * the same examples, to the bit. A key is forgotten `windowMs + lateMs` after it came.
 *
 * Memory: the latest `inMemoryMax` impressions with their features; of older ones features are in the
 * store, the key waits in memory until its window ends, about 150 bytes each, and hashes of it, 20 to 36
 * bytes, stay as long as it is looked for; what came of them is kept for the latest `outcomesMax`.
 *
 * A late positive: its negative taught with gradient σ(g), which is taken back at what σ(g) is now, and the
 * positive teaches: together they move the logit as if it had been a positive from the start, up to the
 * drift between. Fake negatives instead never wait: shown teaches 0, an action teaches 1 on top, and the
 * odds that are learned are then b/(1 − b) = p (Ktena et al., "Addressing delayed feedback for continuous
 * training with neural networks in CTR prediction", RecSys 2019).
 */
export class Joiner {
  readonly #options: JoinerOptions;
  readonly #keepMs: number;
  readonly #stretchMs: number;
  /** In the order of their coming, which is that of their time. */
  readonly #recent = new OrderedMap<Entry>(entryCodec);
  /** Of older ones: those whose outcome can't be told from their time. */
  readonly #outcomes = new OrderedMap<Entry>(entryCodec);
  readonly #stored: StoredRecords;
  #waiting: Waiting[] = [];
  #waitingFrom = 0;
  /** Of the record at hand. */
  #logTime = 0;
  #counts = { ...noCounts };

  /** @param store without one, an impression beyond `inMemoryMax` ends without an example. */
  constructor(options: JoinerOptions, store?: KeyValues) {
    this.#options = options;
    this.#stored = new StoredRecords(store, { countMax: storedMax });
    this.#keepMs = options.windowMs + options.lateMs;
    this.#stretchMs = Math.ceil(this.#keepMs / stretchesKept);
  }

  stats(): JoinerStats {
    const counts = this.#counts;
    return {
      shownCount: counts.shown,
      positiveCount: counts.positive,
      latePositiveCount: counts.latePositive,
      negativeCount: counts.negative,
      repeatedCount: counts.repeated,
      unknownCount: counts.unknown,
      droppedCount: counts.dropped,
      waitingCount: this.#waiting.length - this.#waitingFrom,
      inMemoryCount: this.#recent.size,
      outcomeCount: this.#outcomes.size,
    };
  }

  /** What has ended by now. Before anything else of a record, for every record. */
  advance(now: JoinMoment): readonly Joined[] {
    this.#logTime = now.logTime;
    const isQuiet =
      this.#waitingFrom === this.#waiting.length ||
      this.#waiting[this.#waitingFrom].until > now.logTime;
    const ended = isQuiet ? nothing : this.#endWindows(now);
    this.#forget(this.#recent);
    this.#forget(this.#outcomes);
    return ended;
  }

  #endWindows(now: JoinMoment): Joined[] {
    const ended: Joined[] = [];
    for (; this.#waitingFrom < this.#waiting.length; this.#waitingFrom++) {
      const { key, until } = this.#waiting[this.#waitingFrom];
      if (until > now.logTime) break;
      // What is in the store still waits by its time: it has ended just now.
      const entry = this.#find(key, until - 1);
      if (entry?.state === "waiting")
        ended.push(this.#negative(entry, this.#options.negativeWeight));
    }
    if (this.#waitingFrom > 1024 && this.#waitingFrom * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#waitingFrom);
      this.#waitingFrom = 0;
    }
    return ended;
  }

  /** An item was shown. `ask` makes its features, which are kept as they are; not asked for a repeat. */
  shown(
    request: string,
    item: string,
    ask: () => PackedBytes,
    now: JoinMoment,
  ): Joined | undefined {
    const key = keyOf(request, item);
    const before = this.#find(key, now.logTime);
    if (before !== undefined) {
      this.#counts.repeated++;
      return undefined;
    }
    this.#counts.shown++;
    const { logTime: at } = now;
    const features = ask();
    const entry: Entry = { key, order: 0, at, state: "waiting", weight: 0, features };
    this.#recent.add(entry);
    if (this.#options.negatives === "atOnce") {
      const joined = this.#negative(entry, this.#options.negativeWeight);
      entry.weight = 0; // it is made up for by reading the odds, not by taking it back
      this.#makeRoom();
      return joined;
    }
    this.#makeRoom();
    this.#waiting.push({ key, until: at + this.#options.windowMs });
    if (this.#waiting.length - this.#waitingFrom > this.#options.waitingMax) this.#dropOldest(now);
    return undefined;
  }

  /**
   * Somebody acted on it: `weight` above 0 if they wanted it, below if not; `share` of it, 0 to 1, is the
   * label of one that was wanted.
   *
   * @returns the example, or undefined where there is none (any more).
   */
  acted(
    request: string,
    item: string,
    { weight, share }: { readonly weight: number; readonly share: number },
    now: JoinMoment,
  ): Joined | undefined {
    const key = keyOf(request, item);
    const entry = this.#find(key, now.logTime);
    if (entry === undefined) {
      this.#counts.unknown++;
      const { logTime: at } = now;
      this.#recent.add({ key, order: 0, at, state: "acted", weight: 0, features: none });
      this.#makeRoom();
      return undefined;
    }
    if (entry.state === "waiting" && weight < 0) {
      const joined = this.#negative(entry, -weight);
      this.#keepOutcome(entry);
      return joined;
    }
    const canBePositive = entry.state === "waiting" || entry.state === "negative";
    if (!canBePositive || weight <= 0) return undefined;
    const takeBack = entry.state === "negative" ? entry.weight : 0;
    if (entry.state === "negative" && this.#options.negatives === "afterWindow")
      this.#counts.latePositive++;
    this.#counts.positive++;
    this.#keep(entry);
    entry.state = "positive";
    this.#keepOutcome(entry);
    return { features: entry.features, label: share, weight, takeBack };
  }

  /** Below this key of the store nothing is looked for any more by who has come as far as `logTime`. */
  storeKeyAt(logTime: number): string {
    return storedKeyAt(this.#stretchOf(Math.max(0, logTime - this.#keepMs)));
  }

  save(sink: SnapshotSink): void {
    const head = new ByteWriter();
    for (const name of countNames) head.f64(this.#counts[name]);
    head.u32(this.#waiting.length - this.#waitingFrom);
    sink.write("joiner", head.bytes());
    sink.writeParts("joiner.recent", this.#recent.parts());
    sink.writeParts("joiner.outcomes", this.#outcomes.parts());
    this.#stored.save(sink, "joiner.stored");
    // What is in the list stays there as it is; a shorter list is another one.
    sink.writeParts(
      "joiner.waiting",
      waitingParts(this.#waiting, this.#waitingFrom, this.#waiting.length),
    );
  }

  restore(source: SnapshotSource): void {
    const head = new ByteReader(source.read("joiner"), "joiner");
    this.#counts = { ...noCounts };
    for (const name of countNames) this.#counts[name] = head.f64();
    const waitingCount = head.u32();
    head.end();
    restoreEntries(source, "joiner.recent", this.#recent);
    restoreEntries(source, "joiner.outcomes", this.#outcomes);
    this.#stored.restore(source, "joiner.stored");
    const reader = new ByteReader(source.read("joiner.waiting"), "joiner.waiting");
    this.#waiting = Array.from({ length: waitingCount }, () => ({
      key: reader.text(),
      until: reader.f64(),
    }));
    this.#waitingFrom = 0;
    reader.end();
  }

  /** Before an entry changes: a snapshot may still want it as it is. */
  #keep(entry: Entry): void {
    if (!this.#recent.isSaving && !this.#outcomes.isSaving) return;
    if (this.#recent.get(entry.key) === entry) this.#recent.keep(entry);
    else if (this.#outcomes.get(entry.key) === entry) this.#outcomes.keep(entry);
  }

  #negative(entry: Entry, weight: number): Joined {
    this.#counts.negative++;
    this.#keep(entry);
    entry.state = "negative";
    entry.weight = weight;
    return { features: entry.features, label: 0, weight, takeBack: 0 };
  }

  /** As it is at this log time. */
  #find(key: string, logTime: number): Entry | undefined {
    const known = this.#recent.get(key) ?? this.#outcomes.get(key);
    // Outcomes are in the order of their coming, not of their time: `forget` may have left an old one.
    if (known !== undefined && known.at + this.#keepMs > logTime) return known;
    const stored = this.#stored.find(key);
    if (stored === undefined) return undefined;
    const entry = readEntry(stored, key);
    return entry.at + this.#keepMs > logTime ? this.#agedTo(entry, logTime) : undefined;
  }

  /** The store has it as it was when it went there. */
  #agedTo(entry: Entry, logTime: number): Entry {
    if (entry.state === "waiting" && entry.at + this.#options.windowMs <= logTime) {
      entry.state = "negative";
      entry.weight = this.#options.negativeWeight;
    }
    return entry;
  }

  /** Of an entry that is not in memory: what came of it; a negative may yet become a positive. */
  #keepOutcome(entry: Entry): void {
    const { key } = entry;
    if (this.#recent.get(key) !== undefined) return;
    const isOver = entry.state !== "negative";
    const outcome = { ...entry, features: isOver ? none : entry.features };
    if (this.#outcomes.get(key) === undefined) this.#outcomes.add(outcome);
    else this.#outcomes.replace(outcome);
    const { oldest } = this.#outcomes;
    if (oldest === undefined || this.#outcomes.size <= this.#options.outcomesMax) return;
    // As long as it is among those that wait, the end of its window must find that it is over.
    const next = this.#waiting.at(this.#waitingFrom);
    if (next === undefined || oldest.at + this.#options.windowMs < next.until)
      this.#outcomes.delete(oldest);
  }

  #makeRoom(): void {
    const entry = this.#recent.oldest;
    if (entry === undefined || this.#recent.size <= this.#options.inMemoryMax) return;
    this.#recent.delete(entry);
    // A negative by the end of its window can be told by its time, wherever it is.
    const byTime = entry.state === "waiting" || this.#isByTime(entry);
    if (!byTime) this.#keepOutcome(entry);
    else if (!this.#putAway(entry) && entry.state === "waiting") this.#counts.dropped++;
  }

  /** Whether it is in the store. */
  #putAway(entry: Entry): boolean {
    this.#stored.forgetBelow(this.#stretchOf(this.#logTime - this.#keepMs));
    return this.#stored.add(this.#stretchOf(entry.at), entry.key, (writer) =>
      saveEntry(writer, entry),
    );
  }

  #isByTime({ state, weight }: Entry): boolean {
    const isEnded =
      this.#options.negatives === "afterWindow" && weight === this.#options.negativeWeight;
    return state === "negative" && (isEnded || this.#options.negatives === "atOnce");
  }

  /** It ends now, and teaches nothing: so nothing has to be taken back later. */
  #dropOldest(now: JoinMoment): void {
    const { key } = this.#waiting[this.#waitingFrom++];
    const entry = this.#find(key, now.logTime);
    if (entry?.state !== "waiting") return;
    this.#counts.dropped++;
    this.#keep(entry);
    entry.state = "negative";
    entry.weight = 0;
    this.#keepOutcome(entry);
  }

  #forget(entries: OrderedMap<Entry>): void {
    for (let { oldest } = entries; oldest !== undefined; { oldest } = entries) {
      if (oldest.at + this.#keepMs > this.#logTime) return;
      entries.delete(oldest);
    }
  }

  #stretchOf(at: number): number {
    return Math.floor(at / this.#stretchMs);
  }
}

/** Of fake negatives: the probability p of an action, from the logit that was learned, whose σ is p / (1 + p). */
export function probabilityOf(logit: number): number {
  return Math.min(1, Math.exp(logit));
}

/** The length says where the request ends, whatever is in it. */
function keyOf(request: string, item: string): string {
  return `${request.length} ${request} ${item}`;
}

function saveEntry(writer: ByteWriter, { at, state, weight, features }: Entry): void {
  writer.f64(at);
  writer.u32(states.indexOf(state));
  writer.f64(weight);
  writer.latin1(features);
}

/** Its order is its owner's to give. */
function readEntry(reader: ByteReader, key: string): Entry {
  return {
    key,
    order: 0,
    at: reader.f64(),
    state: states[reader.u32()],
    weight: reader.f64(),
    features: reader.latin1(),
  };
}

const entryCodec = {
  save(writer: ByteWriter, entry: Entry): void {
    writer.text(entry.key);
    saveEntry(writer, entry);
  },
  restore: (reader: ByteReader): Entry => readEntry(reader, reader.text()),
};

function restoreEntries(source: SnapshotSource, section: string, entries: OrderedMap<Entry>): void {
  const reader = new ByteReader(source.read(section), section);
  entries.restore(reader);
  reader.end();
}

/** Those at `from` to `to` − 1, in parts. */
function* waitingParts(
  waiting: readonly Waiting[],
  from: number,
  to: number,
): Generator<Uint8Array> {
  const writer = new ByteWriter();
  for (let at = from; at < to; at++) {
    const { key, until } = waiting[at];
    writer.text(key);
    writer.f64(until);
    if (writer.length < waitingPartBytes && at + 1 < to) continue;
    yield writer.bytes();
    writer.clear();
  }
}

/** A tenth of a millisecond of encoding, or a few. */
const waitingPartBytes = 65_536;
