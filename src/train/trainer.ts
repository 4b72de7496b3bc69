import { ByteReader, ByteWriter, Random } from "../core/index.ts";
import {
  eventKey,
  type LogRecord,
  type Offsets,
  ReadOffsets,
  type SnapshotSink,
  type SnapshotSource,
  type View,
} from "../event/index.ts";
import {
  accountIdOf,
  type FeedbackRules,
  feedbackOf,
  itemIdOf,
  type SignalPart,
  Signals,
  type StreamState,
  signalCount,
} from "../features/index.ts";
import { type RankingContext, type RankingModel, recentMax } from "../model/index.ts";
import type { KeyValues } from "../storage/index.ts";
import type { Question } from "./alarms.ts";
import { decodeGroup, encodeGroup } from "./groupFeatures.ts";
import { Health } from "./health.ts";
import { type Joined, Joiner, type JoinerOptions, type JoinerStats } from "./joiner.ts";
import { NegativeSampler } from "./negativeSampler.ts";
import type { HealthOptions } from "./questionHealth.ts";
import { decodeShown, encodeShown, shownBucket } from "./shownFeatures.ts";

export interface TrainerOptions {
  readonly partitionCount: number;
  readonly rules: FeedbackRules;
  /** Negatives drawn for each positive; 1 to 1000. */
  readonly negativesPerPositive: number;
  /** Share of them drawn uniformly over all items; the rest by recent popularity. 0 < share ≤ 1. */
  readonly uniformShare: number;
  /** Seconds between two passes that give up rows past their time to live, by log time. */
  readonly expireEverySeconds: number;
  /** How what was shown is joined with what was done. */
  readonly joining: JoinerOptions;
  /** Where impressions go that memory has no room for; without it, they teach nothing. */
  readonly shownStore?: KeyValues;
  /** When the monitor of training raises an alarm. */
  readonly health: HealthOptions;
  /** Parts whose signals the model does without, to see what they add. */
  readonly without?: readonly SignalPart[];
}

export interface TrainerStats {
  /** Positive and negative examples learned from, sampled ones included. */
  readonly exampleCount: number;
  /** Records that carried feedback about an item. */
  readonly feedbackCount: number;
  /** Rows given up because their id was quiet past its time to live. */
  readonly expiredCount: number;
}

/** Latest positive events that negatives are drawn from: about an evening of a small service. */
const windowEvents = 5000;

/**
 * Learns from each record of the log, in order, once: the view whose state is the model.
 *
 * A positive event makes a group: the item, and `negativesPerPositive` items that were not taken, drawn
 * with known odds. The logit is corrected by them (train on g − ln π, where π is how many times the item
 * is expected among the negatives), so that σ(g) estimates the probability over *all* items. A negative
 * event makes a group of one.
 *
 * What was shown (`impression`, with its request) is joined with what was done, and makes an example of its
 * own in another context bucket: there the logit estimates the probability that a shown item is acted on.
 *
 * What the account and the items are like is computed before the record is applied to the state: the
 * model is asked the question that serving would have asked a moment earlier.
 *
 * Source of the correction: Wang, Zhang and Wang, "Nonuniform negative sampling and log odds correction
 * with rare events data", NeurIPS 2021.
 */
export class Trainer implements View {
  /** What the trainer knows of the stream. Serving in the same thread may read it; nobody else writes. */
  readonly state: StreamState;
  readonly model: RankingModel;
  /** How well it learns. */
  readonly health: Health;
  readonly #options: TrainerOptions;
  readonly #read: ReadOffsets;
  readonly #signals: Signals;
  readonly #sampler: NegativeSampler;
  readonly #joiner: Joiner;
  readonly #random = new Random(0);
  #exampleCount = 0;
  #feedbackCount = 0;
  #expiredCount = 0;
  #expiredAtSeconds = 0;

  constructor(state: StreamState, model: RankingModel, options: TrainerOptions) {
    this.state = state;
    this.model = model;
    this.health = new Health(options.health, (question, bytes) => this.#askAgain(question, bytes));
    this.#options = options;
    this.#read = new ReadOffsets(options.partitionCount);
    this.#signals = new Signals(state, options.without);
    this.#sampler = new NegativeSampler(state.items, {
      uniformShare: options.uniformShare,
      windowEvents,
    });
    this.#joiner = new Joiner(options.joining, options.shownStore);
  }

  get offsets(): Offsets {
    return this.#read.next;
  }

  stats(): TrainerStats {
    return {
      exampleCount: this.#exampleCount,
      feedbackCount: this.#feedbackCount,
      expiredCount: this.#expiredCount,
    };
  }

  joinerStats(): JoinerStats {
    return this.#joiner.stats();
  }

  apply(record: LogRecord): void {
    if (!this.#read.take(record)) return;
    const { event } = record;
    const { weight } = feedbackOf(event, this.#options.rules);
    for (const joined of this.#joiner.advance(record)) this.#learnJoined(joined, record);
    const joined = this.#join(record, weight);
    if (joined !== undefined) this.#learnJoined(joined, record);
    if (weight !== 0 && event.item !== undefined) this.#learn(record, event.item, weight);
    this.state.apply(record);
    if (weight > 0 && event.item !== undefined) {
      const item = this.state.items.indexOf(event.item);
      if (item >= 0) this.#sampler.push(item);
    }
    this.#expire(Math.floor(record.logTime / 1000));
  }

  save(sink: SnapshotSink): void {
    const writer = new ByteWriter();
    this.#read.save(writer);
    this.#sampler.save(writer);
    writer.f64(this.#exampleCount);
    writer.f64(this.#feedbackCount);
    writer.f64(this.#expiredCount);
    writer.f64(this.#expiredAtSeconds);
    sink.write("trainer", writer.bytes());
    this.#joiner.save(sink);
    this.health.save(sink);
    this.state.save(sink);
    this.model.save(sink);
  }

  restore(source: SnapshotSource): void {
    this.state.restore(source);
    this.model.restore(source);
    const reader = new ByteReader(source.read("trainer"), "trainer");
    this.#read.restore(reader);
    this.#sampler.restore(reader);
    this.#exampleCount = reader.f64();
    this.#feedbackCount = reader.f64();
    this.#expiredCount = reader.f64();
    this.#expiredAtSeconds = reader.f64();
    reader.end();
    this.#joiner.restore(source);
    this.health.restore(source);
  }

  /** Below this key nothing is looked for in the store by who goes on from here. */
  shownStoreKeyAt(logTime: number): string {
    return this.#joiner.storeKeyAt(logTime);
  }

  /** What this record says of an impression; the first record of a window's end has said it before. */
  #join(record: LogRecord, weight: number): Joined | undefined {
    const { request, item, type } = record.event;
    if (request === undefined || item === undefined) return undefined;
    if (type === "impression") {
      const features = this.#featuresOf(record, item);
      return features && this.#joiner.shown(request, item, features, record);
    }
    return weight === 0 ? undefined : this.#joiner.acted(request, item, weight, record);
  }

  /** What the item is like for the account now; undefined for an item that nobody could be shown yet. */
  #featuresOf({ event }: LogRecord, name: string): Uint8Array | undefined {
    const { items } = this.state;
    const index = items.indexOf(name);
    if (!items.isSeen(index)) return undefined;
    const context = this.#begin(eventKey(event), event.time);
    const signals = new Float32Array(signalCount);
    this.#signals.write(index, signals, 0);
    const buckets = [...context.buckets, shownBucket];
    return encodeShown({ context: { ...context, buckets }, item: items.idOf(index), signals });
  }

  /** What the account is like at that time; the next signals are for it. */
  #begin(key: string, time: number): RankingContext {
    const { items, histories } = this.state;
    const recent = histories.of(key).wanted.slice(-recentMax);
    return {
      account: accountIdOf(key),
      recent: recent.map((wanted) => items.idOf(wanted)),
      buckets: this.#signals.begin(key, time).buckets,
    };
  }

  /** One step on what it was like when it was shown. */
  #learnJoined({ features, label, weight, takeBack }: Joined, record: LogRecord): void {
    const { context, item, signals } = decodeShown(features);
    const { model } = this;
    const targets = [label, weight, 0];
    // The negative that it taught before, backwards.
    if (takeBack > 0) targets.push(0, -takeBack, 0);
    const count = targets.length / 3;
    for (let i = 0; i < count; i++) {
      model.items[i] = item;
      model.signals.set(signals, i * signalCount);
    }
    model.targets.set(targets);
    const logits = model.learn(context, count, Math.floor(record.logTime / 1000));
    // What is taken back is no example.
    if (this.health.observe("shown", logits, targets, 1, record)) {
      this.health.keep("shown", features, model.targets.subarray(0, 3), record);
    }
    this.#exampleCount++;
  }

  #learn(record: LogRecord, name: string, weight: number): void {
    const { event, logTime, offset } = record;
    const { items, histories } = this.state;
    this.#feedbackCount++;
    if (!items.canHold(name)) return; // no row either: it could never be recommended
    const key = eventKey(event);
    // A sender's clock that runs ahead must not keep rows alive.
    const nowSeconds = Math.floor(Math.min(event.time, logTime) / 1000);
    if (weight > 0) this.model.observe(accountIdOf(key), itemIdOf(name), nowSeconds);
    const item = items.indexOf(name);
    // Nobody could have been offered an item before its first event: there was no choice to learn from.
    if (!items.isSeen(item)) return;
    this.#random.seed(offset);
    const group = weight > 0 ? this.#drawGroup(item, histories.of(key).had) : [item];
    const context = this.#begin(key, event.time);
    const { model } = this;
    for (const [i, candidate] of group.entries()) {
      this.#signals.write(candidate, model.signals, i * signalCount);
      model.items[i] = items.idOf(candidate);
      const isPositive = i === 0 && weight > 0;
      const expectedDraws =
        this.#options.negativesPerPositive * this.#sampler.probabilityOf(candidate);
      model.targets[i * 3] = isPositive ? 1 : 0;
      model.targets[i * 3 + 1] = Math.abs(weight);
      model.targets[i * 3 + 2] = -Math.log(expectedDraws);
    }
    const { length } = group;
    const logits = model.learn(context, length, nowSeconds);
    if (this.health.observe("next", logits, model.targets, length, record)) {
      const features = encodeGroup({
        context,
        items: model.items.subarray(0, length),
        signals: model.signals.subarray(0, length * signalCount),
      });
      this.health.keep("next", features, model.targets.subarray(0, length * 3), record);
    }
    this.#exampleCount += length;
  }

  /** What the model says now of what the monitor has kept. */
  #askAgain(question: Question, bytes: Uint8Array): Float32Array {
    const { model } = this;
    if (question === "next") {
      const { context, items, signals } = decodeGroup(bytes);
      model.items.set(items);
      model.signals.set(signals);
      return model.score(context, items.length);
    }
    const { context, item, signals } = decodeShown(bytes);
    model.items[0] = item;
    model.signals.set(signals);
    return model.score(context, 1);
  }

  /**
   * The item first, then what it was chosen over. A draw that hits the item, or what the account had, is
   * not made up for: each other item is then expected exactly as often as its odds say, which is what the
   * correction of the logit stands on.
   */
  #drawGroup(item: number, had: readonly number[]): number[] {
    const group = [item];
    for (let draws = this.#options.negativesPerPositive; draws > 0; draws--) {
      const drawn = this.#sampler.draw(this.#random);
      if (drawn !== item && !had.includes(drawn)) group.push(drawn);
    }
    return group;
  }

  #expire(nowSeconds: number): void {
    const { ttlSeconds } = this.model.options;
    if (ttlSeconds === 0 || nowSeconds < this.#expiredAtSeconds + this.#options.expireEverySeconds)
      return;
    this.#expiredAtSeconds = nowSeconds;
    this.#expiredCount += this.model.expire(nowSeconds, Number.MAX_SAFE_INTEGER);
  }
}
