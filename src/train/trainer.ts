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
  lookUpMax,
  type SignalPart,
  Signals,
  type StreamState,
  signalCount,
} from "../features/index.ts";
import {
  type OnlineModel,
  type RankingContext,
  type RankingModel,
  recentMax,
} from "../model/index.ts";
import { sinkUnder, sourceUnder } from "../storage/index.ts";
import type { Question } from "./alarms.ts";
import { decodeExample, encodeExample } from "./encodedExample.ts";
import { ErasedAccounts } from "./erasedAccounts.ts";
import { ExampleMaker, type ExampleMakerOptions } from "./exampleMaker.ts";
import type { ExampleTaught } from "./exampleStep.ts";
import { decodeGroup, encodeGroup } from "./groupFeatures.ts";
import { Health } from "./health.ts";
import type { JoinerStats } from "./joiner.ts";
import { KeptNegatives, type KeptNegativesOptions } from "./keptNegatives.ts";
import { NegativeSampler } from "./negativeSampler.ts";
import type { HealthOptions } from "./questionHealth.ts";

export interface TrainerOptions {
  readonly partitionCount: number;
  readonly rules: FeedbackRules;
  /** Negatives drawn for each positive; 1 to 1000. */
  readonly negativesPerPositive: number;
  /** Share of them drawn uniformly over all items; the rest by recent popularity. 0 < share ≤ 1. */
  readonly uniformShare: number;
  /** Seconds between two passes that give up rows past their time to live, by log time. */
  readonly expireEverySeconds: number;
  /** When the monitor of training raises an alarm. */
  readonly health: HealthOptions;
  /** What learns of labels and of what was shown; without it, impressions teach nothing. */
  readonly response?: ResponseOptions;
  /** Parts whose signals the model does without, to see what they add. */
  readonly without?: readonly SignalPart[];
}

/** The model of responses, and the examples that it learns from. */
export interface ResponseOptions extends Omit<ExampleMakerOptions, "rules"> {
  /** Which of the examples of label 0 it learns from. */
  readonly negatives: KeptNegativesOptions;
  /** With the slots of `slots`. */
  readonly model: OnlineModel;
}

export interface TrainerStats {
  /** Examples learned from by both models, sampled negatives included. */
  readonly exampleCount: number;
  /** Those among them that the model of responses learned from. */
  readonly responseCount: number;
  /** Records that carried feedback about an item. */
  readonly feedbackCount: number;
  /** Rows given up because their id was quiet past its time to live. */
  readonly expiredCount: number;
}

/** Both models name their sections `model.…`. */
const responsePrefix = "response.";
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
 * Whether a *shown* item is acted on is another question, and has a model of its own: the model of
 * responses learns from what was shown (`impression`, with its request), joined with what was done.
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
  readonly #maker: ExampleMaker | undefined;
  readonly #keptNegatives: KeptNegatives | undefined;
  /** Of the model of responses. */
  readonly #slots: readonly string[];
  /** Those of them whose ids are accounts. */
  readonly #accountSlots: readonly string[];
  readonly #erased = new ErasedAccounts();
  readonly #canExpire: boolean;
  readonly #random = new Random(0);
  /** Ids of the account's last items, for each number of them. */
  readonly #recentIds = viewsOf(new BigUint64Array(recentMax));
  #exampleCount = 0;
  #responseCount = 0;
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
    const { response, rules } = options;
    this.#slots = Object.keys(response?.slots ?? {});
    this.#accountSlots = Object.entries(response?.slots ?? {})
      .filter(([, { of }]) => of.length === 1 && of[0] === "account")
      .map(([slot]) => slot);
    this.#canExpire =
      model.options.ttlSeconds > 0 ||
      Object.values(response?.model.tables ?? {}).some((table) => table.canExpire);
    if (response !== undefined) {
      this.#maker = new ExampleMaker(state, { ...response, rules });
      this.#keptNegatives = new KeptNegatives(response.negatives);
    }
  }

  get offsets(): Offsets {
    return this.#read.next;
  }

  stats(): TrainerStats {
    return {
      exampleCount: this.#exampleCount,
      responseCount: this.#responseCount,
      feedbackCount: this.#feedbackCount,
      expiredCount: this.#expiredCount,
    };
  }

  /** Undefined without a model of responses. */
  joinerStats(): JoinerStats | undefined {
    return this.#maker?.stats();
  }

  apply(record: LogRecord): void {
    if (!this.#read.take(record)) return;
    const { event } = record;
    const { weight } = feedbackOf(event, this.#options.rules);
    for (const step of this.#maker?.take(record) ?? [])
      if (step.kind === "taught") this.#learnResponse(step, record);
    if (weight !== 0 && event.item !== undefined) this.#learn(record, event.item, weight);
    if (event.type === "erase") this.#forget(record);
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
    writer.f64(this.#responseCount);
    writer.f64(this.#feedbackCount);
    writer.f64(this.#expiredCount);
    writer.f64(this.#expiredAtSeconds);
    sink.write("trainer", writer.bytes());
    sink.write("erased", this.#erased.save());
    this.health.save(sink);
    this.state.save(sink);
    this.model.save(sink);
    this.#maker?.save(sink);
    this.#options.response?.model.save(sinkUnder(responsePrefix, sink));
  }

  restore(source: SnapshotSource): void {
    this.state.restore(source);
    this.model.restore(source);
    const reader = new ByteReader(source.read("trainer"), "trainer");
    this.#read.restore(reader);
    this.#sampler.restore(reader);
    this.#exampleCount = reader.f64();
    this.#responseCount = reader.f64();
    this.#feedbackCount = reader.f64();
    this.#expiredCount = reader.f64();
    this.#expiredAtSeconds = reader.f64();
    reader.end();
    this.#erased.restore(source.read("erased"));
    this.health.restore(source);
    this.#maker?.restore(source);
    this.#options.response?.model.restore(sourceUnder(responsePrefix, source));
  }

  /** Below this key nothing is looked for in the store by who goes on from here. */
  shownStoreKeyAt(logTime: number): string {
    return this.#maker?.shownStoreKeyAt(logTime) ?? "";
  }

  #idsOf(recent: ArrayLike<number>): BigUint64Array {
    const ids = this.#recentIds[recent.length];
    for (let i = 0; i < recent.length; i++) ids[i] = this.state.items.idOf(recent[i]);
    return ids;
  }

  #learnResponse(example: ExampleTaught, record: LogRecord): void {
    const model = this.#options.response?.model;
    const kept = this.#keptNegatives;
    if (model === undefined || kept === undefined) return;
    const { index, time, features, label, weight, takeBack } = example;
    if (this.#isErased(example)) return;
    const { offset } = kept;
    const nowSeconds = Math.floor(time / 1000);
    const isKept = kept.keeps(index);
    // The negative that it taught before, backwards: together as if it had been this from the start.
    if (takeBack > 0 && isKept)
      model.learnOne({ features, label: 0, weight: -takeBack, offset }, nowSeconds);
    if (label === 0 && !isKept) return;
    const logit = model.learnOne({ features, label, weight, offset }, nowSeconds);
    // What is taken back is no example.
    const targets = [label, weight, offset];
    if (this.health.observe("response", [logit], targets, 1, record)) {
      const bytes = Buffer.from(encodeExample(this.#slots, example), "latin1");
      this.health.keep("response", bytes, Float32Array.from(targets), record);
    }
    this.#exampleCount++;
    this.#responseCount++;
  }

  /** The account's rows; what waits of it to be learned from must not bring them back. */
  #forget({ event, logTime }: LogRecord): void {
    const { response } = this.#options;
    const account = accountIdOf(eventKey(event));
    this.model.forget(account);
    for (const slot of this.#accountSlots) response?.model.tables[slot].remove(account);
    if (response === undefined || this.#accountSlots.length === 0) return;
    const { windowMs, lateMs } = response.joining;
    const until = logTime + windowMs + lateMs;
    this.#erased.add({ account, askedCount: this.#maker?.askedCount ?? 0, until });
  }

  #isErased({ index, time, features }: ExampleTaught): boolean {
    if (this.#erased.isEmpty) return false;
    this.#erased.forgetUntil(time);
    return features.some(
      ({ slot, id }) => this.#accountSlots.includes(slot) && this.#erased.has(id, index),
    );
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
    const { buckets, wanted } = this.#signals.begin(key, event.time);
    if (group.length > lookUpMax) this.#signals.relate();
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
    const context: RankingContext = {
      account: accountIdOf(key),
      recent: this.#idsOf(wanted.slice(-recentMax)),
      buckets,
    };
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
  #askAgain(question: Question, bytes: Uint8Array): ArrayLike<number> {
    if (question === "next") {
      const { model } = this;
      const { context, items, signals } = decodeGroup(bytes);
      model.items.set(items);
      model.signals.set(signals);
      return model.score(context, items.length);
    }
    const { buffer, byteOffset, length } = bytes;
    const encoded = Buffer.from(buffer, byteOffset, length).toString("latin1");
    const { features } = decodeExample(this.#slots, encoded);
    return [this.#options.response?.model.predictOne(features) ?? 0];
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
    const isDue = nowSeconds >= this.#expiredAtSeconds + this.#options.expireEverySeconds;
    if (!this.#canExpire || !isDue) return;
    this.#expiredAtSeconds = nowSeconds;
    if (this.model.options.ttlSeconds > 0)
      this.#expiredCount += this.model.expire(nowSeconds, Number.MAX_SAFE_INTEGER);
    this.#expiredCount += this.#options.response?.model.expire(nowSeconds) ?? 0;
  }
}

/** The first 0, 1, 2, … numbers of the array, each as an array over the same memory. */
function viewsOf(array: BigUint64Array): BigUint64Array[] {
  return Array.from({ length: array.length + 1 }, (_, count) => array.subarray(0, count));
}
