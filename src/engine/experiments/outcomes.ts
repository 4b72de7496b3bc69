import { ByteReader, ByteWriter } from "../../core/index.ts";
import {
  type Event,
  eventKey,
  type LogRecord,
  type Offsets,
  ReadOffsets,
  type SnapshotSink,
  type SnapshotSource,
  type View,
} from "../../event/index.ts";
import { type FeedbackRules, feedbackOf } from "../../features/index.ts";
import { type ExperimentOutcomes, MeasuredExperiment } from "./measuredExperiment.ts";

export interface OutcomesOptions {
  readonly partitionCount: number;
  readonly rules: FeedbackRules;
}

/** Twice as many can't run at once; beyond, what was served least recently is forgotten. */
const experimentsMax = 50;
/** In the context of what was served: `experiment.NAME` is the variant. */
export const experimentPrefix = "experiment.";

/**
 * What came of each experiment, by account: the view that A/B tests are read from.
 *
 * ```
 * experiment_set ──► measured from here on; begins anew where the definition is another one
 * served         ──► its account is exposed: its window begins with its first list
 * feedback       ──► is counted for the account that it is of, in each of its open windows
 * erase          ──► the account, and what it had added to the sums, is gone
 * ```
 *
 * The log alone says what is measured, and not the config: so the state is the same whichever config the log is
 * read with, and an experiment that is new costs no second pass over what was before it.
 */
export class Outcomes implements View {
  readonly #rules: FeedbackRules;
  readonly #read: ReadOffsets;
  /** In the order in which they were served last, or defined. */
  #experiments = new Map<string, MeasuredExperiment>();

  constructor({ partitionCount, rules }: OutcomesOptions) {
    this.#rules = rules;
    this.#read = new ReadOffsets(partitionCount);
  }

  get offsets(): Offsets {
    return this.#read.next;
  }

  /** Of every experiment that is known, by name. O(experiments). */
  of(): Record<string, ExperimentOutcomes> {
    return Object.fromEntries(
      [...this.#experiments].map(([name, experiment]) => [name, experiment.outcomes()]),
    );
  }

  apply(record: LogRecord): void {
    if (!this.#read.take(record)) return;
    const { event, logTime } = record;
    if (event.type === "experiment_set") this.#define(event, logTime);
    if (this.#experiments.size === 0) return;
    for (const experiment of this.#experiments.values()) experiment.endWindows(logTime);
    if (event.type === "served") this.#expose(event, logTime);
    else if (event.type === "erase") {
      for (const experiment of this.#experiments.values()) experiment.forget(eventKey(event));
    } else {
      const { weight } = feedbackOf(event, this.#rules);
      if (weight === 0) return;
      const account = eventKey(event);
      for (const experiment of this.#experiments.values()) experiment.act(account, weight);
    }
  }

  save(sink: SnapshotSink): void {
    const head = new ByteWriter();
    this.#read.save(head);
    head.u32(this.#experiments.size);
    for (const [name, experiment] of this.#experiments) {
      head.text(name);
      experiment.saveHead(head);
    }
    sink.write("outcomes", head.bytes());
    let number = 0;
    for (const experiment of this.#experiments.values())
      experiment.saveAccounts(sink, `outcomes.${number++}`);
  }

  restore(source: SnapshotSource): void {
    const head = new ByteReader(source.read("outcomes"), "outcomes");
    this.#read.restore(head);
    const count = head.u32();
    this.#experiments = new Map();
    for (let number = 0; number < count; number++) {
      const name = head.text();
      const experiment = MeasuredExperiment.restore(head);
      experiment.restoreAccounts(source, `outcomes.${number}`);
      this.#experiments.set(name, experiment);
    }
    head.end();
  }

  #define({ context = {} }: Event, logTime: number): void {
    const [name, definition] = [String(context["experiment"]), String(context["definition"])];
    const before = this.#experiments.get(name);
    const isSame = before?.definition === definition;
    this.#renew(name, isSame ? before : new MeasuredExperiment(definition, logTime));
    if (this.#experiments.size <= experimentsMax) return;
    const [oldest] = this.#experiments.keys();
    this.#experiments.delete(oldest);
  }

  #expose(event: Event, logTime: number): void {
    const account = eventKey(event);
    for (const [key, variant] of Object.entries(event.context ?? {})) {
      if (!key.startsWith(experimentPrefix)) continue;
      const name = key.slice(experimentPrefix.length);
      const experiment = this.#experiments.get(name);
      if (experiment === undefined) continue;
      if (experiment.expose(account, String(variant), logTime)) this.#renew(name, experiment);
    }
  }

  #renew(name: string, experiment: MeasuredExperiment): void {
    this.#experiments.delete(name);
    this.#experiments.set(name, experiment);
  }
}
