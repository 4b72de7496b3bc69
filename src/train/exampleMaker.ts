import { ByteReader, ByteWriter } from "../core/index.ts";
import { type LogRecord, type SnapshotSink, type SnapshotSource } from "../event/index.ts";
import {
  ExampleFeatures,
  type FeedbackRules,
  feedbackOf,
  itemIdOf,
  type SlotRules,
  type StreamState,
  watchedShare,
} from "../features/index.ts";
import type { KeyValues } from "../storage/index.ts";
import { decodeExample, encodeExample } from "./encodedExample.ts";
import type { ExampleAsked, ExampleStep, ExampleTaught } from "./exampleStep.ts";
import {
  type Joined,
  Joiner,
  type JoinerOptions,
  type JoinerStats,
  type PackedBytes,
} from "./joiner.ts";

/** By event type: an event that carries its own label, such as a rating. */
export type LabelRules = Readonly<Record<string, LabelRule>>;

export interface LabelRule {
  /** The label is 1 for a `value` of at least this, else 0; without `value` it says nothing. */
  readonly valueMin: number;
}

export interface ExampleMakerOptions {
  /** The slots of the model that the examples are for. */
  readonly slots: SlotRules;
  readonly rules: FeedbackRules;
  readonly labels: LabelRules;
  readonly joining: JoinerOptions;
  /** What counts as shown: what a client says it has shown, or everything that was served. */
  readonly shown: "impression" | "served";
  /** Where impressions go that memory has no room for; without it, they teach nothing. */
  readonly shownStore?: KeyValues;
}

/**
 * Makes labelled examples of a stream: what was shown, joined with what was done about it; and events that
 * carry their label themselves.
 *
 * Features are those of the moment of asking, computed before the record is applied to the state: what
 * serving would have computed a moment earlier. They wait with the impression, so that training can't skew
 * from serving. A function of the log: its state is saved with its trainer's.
 */
export class ExampleMaker {
  readonly #state: StreamState;
  readonly #options: ExampleMakerOptions;
  readonly #features: ExampleFeatures;
  readonly #joiner: Joiner;
  #askedCount = 0;

  /** @param state applied to each record after `take`. @throws FoldbackError CONFIG_INVALID. */
  constructor(state: StreamState, options: ExampleMakerOptions) {
    this.#state = state;
    this.#options = options;
    this.#features = new ExampleFeatures(state, options.slots);
    this.#joiner = new Joiner(options.joining, options.shownStore);
  }

  stats(): JoinerStats {
    return this.#joiner.stats();
  }

  /** How many examples were asked about: the index of the next. */
  get askedCount(): number {
    return this.#askedCount;
  }

  /** What the record says, in order; before it is applied to the state. Each record once, all of them. */
  take(record: LogRecord): readonly ExampleStep[] {
    const steps: ExampleStep[] = [];
    for (const joined of this.#joiner.advance(record)) steps.push(this.#taught(joined, record));
    this.#takeLabel(record, steps);
    this.#takeJoined(record, steps);
    return steps;
  }

  /** Below this key nothing is looked for in the store by who goes on from here. */
  shownStoreKeyAt(logTime: number): string {
    return this.#joiner.storeKeyAt(logTime);
  }

  save(sink: SnapshotSink): void {
    const writer = new ByteWriter();
    writer.f64(this.#askedCount);
    sink.write("examples", writer.bytes());
    this.#joiner.save(sink);
  }

  restore(source: SnapshotSource): void {
    const reader = new ByteReader(source.read("examples"), "examples");
    this.#askedCount = reader.f64();
    reader.end();
    this.#joiner.restore(source);
  }

  #takeLabel(record: LogRecord, steps: ExampleStep[]): void {
    const { type, item, value, position } = record.event;
    const { labels } = this.#options;
    if (item === undefined || value === undefined || !Object.hasOwn(labels, type)) return;
    const asked = this.#ask(record, item, position);
    const label = value >= labels[type].valueMin ? 1 : 0;
    const { index, features } = asked;
    const time = record.logTime;
    steps.push(asked, { kind: "taught", index, time, features, label, weight: 1, takeBack: 0 });
  }

  #takeJoined(record: LogRecord, steps: ExampleStep[]): void {
    const { request, item, type, position, list } = record.event;
    if (request === undefined) return;
    if (list !== undefined && this.#options.shown === "served")
      for (const [place, served] of list.entries())
        this.#takeShown(record, { request, item: served.item, position: place }, steps);
    if (item === undefined) return;
    if (type === "impression") {
      // Of what was served, the same again: then it counts for nothing.
      this.#takeShown(record, { request, item, position }, steps);
    } else {
      const { rules } = this.#options;
      const { weight } = feedbackOf(record.event, rules);
      if (weight === 0) return;
      const { items, terms } = this.#state;
      const share = watchedShare(record.event, rules, terms.lengthOf(items.indexOf(item)));
      const joined = this.#joiner.acted(request, item, { weight, share }, record);
      if (joined !== undefined) steps.push(this.#taught(joined, record));
    }
  }

  #takeShown(record: LogRecord, { request, item, position }: Shown, steps: ExampleStep[]): void {
    const ask = (): PackedBytes => {
      const asked = this.#ask(record, item, position);
      steps.push(asked);
      return encodeExample(this.#features.slots, asked);
    };
    const joined = this.#joiner.shown(request, item, ask, record);
    if (joined !== undefined) steps.push(this.#taught(joined, record));
  }

  #ask({ event }: LogRecord, item: string, position: number | undefined): ExampleAsked {
    this.#features.begin(event);
    const index = this.#state.items.indexOf(item);
    const features = this.#features.of({ index, id: itemIdOf(item) }, position);
    return { kind: "asked", index: this.#askedCount++, time: event.time, features };
  }

  #taught({ features, label, weight, takeBack }: Joined, { logTime }: LogRecord): ExampleTaught {
    const example = decodeExample(this.#features.slots, features);
    return { kind: "taught", ...example, time: logTime, label, weight, takeBack };
  }
}

interface Shown {
  readonly request: string;
  readonly item: string;
  readonly position: number | undefined;
}
