import { ByteReader, ByteWriter } from "../core/index.ts";
import type { SnapshotSink, SnapshotSource } from "../event/index.ts";
import { type Alarm, type Question, questions } from "./alarms.ts";
import {
  type HealthOptions,
  type QuestionHealth,
  QuestionMonitor,
  type StepMoment,
} from "./questionHealth.ts";

/** How training fares. */
export interface HealthReport {
  readonly questions: Readonly<Record<Question, QuestionHealth>>;
  /** The latest, oldest first; at most 16. */
  readonly recentAlarms: readonly Alarm[];
}

/** More in one batch of records would say nothing more. */
const recentMax = 16;

/**
 * Watches what is learned: is told of each step what the model said before it, and what was so.
 *
 * Part of the trainer's state: it reads no clock and draws nothing, so the same log gives the same metrics,
 * the same alarms and the same bytes. What it measures is progressive: every prediction is of an example that
 * the model had not seen. Log loss, AUC and calibration are those of the *training* distribution, that is,
 * of sampled negatives with their log-odds correction, and of fake negatives where impressions teach at once;
 * a late positive counts beside the negative that it was taken for.
 *
 * Memory: 4 MB, and what is kept to be asked again (32 steps a question).
 *
 * @example
 * const health = new Health(options, (question, features) => model.ask(decode(features)));
 * const logits = model.learn(context, count, nowSeconds);
 * if (health.observe("next", logits, model.targets, count, record))
 *   health.keep("next", encode(features), model.targets.subarray(0, count * 3), record);
 */
export class Health {
  readonly #monitors: Readonly<Record<Question, QuestionMonitor>>;
  #alarmCount = 0;
  #recent: Alarm[] = [];

  /** @param askAgain logits of what was kept, from the model as it is now; must not change the model. */
  constructor(
    options: HealthOptions,
    askAgain: (question: Question, features: Uint8Array) => ArrayLike<number>,
  ) {
    const monitorOf = (question: Question): QuestionMonitor =>
      new QuestionMonitor({
        question,
        options,
        askAgain: (features) => askAgain(question, features),
        raise: (alarm) => this.#take(alarm),
      });
    this.#monitors = { next: monitorOf("next"), response: monitorOf("response") };
  }

  /** How many alarms there ever were. */
  get alarmCount(): number {
    return this.#alarmCount;
  }

  /**
   * A step was learned: 1 example, or a group of them. O(count): under 0.1 µs an example.
   *
   * @param logits (count,): of each example before the step, without offsets.
   * @param targets (count, 3): label from 0 to 1, weight, and the offset that was added while learning. What
   *   has no weight, or one below 0, does not count.
   * @returns whether `keep` should be told of it, too.
   */
  observe(
    question: Question,
    logits: ArrayLike<number>,
    targets: ArrayLike<number>,
    count: number,
    moment: StepMoment,
  ): boolean {
    return this.#monitors[question].observe(logits, targets, count, moment);
  }

  /**
   * Of the step just observed: keeps it to ask it again, and asks again what it takes the place of.
   *
   * @param features what `askAgain` will be given; kept as they are. @param targets (count, 3), copied.
   */
  keep(question: Question, features: Uint8Array, targets: Float32Array, moment: StepMoment): void {
    this.#monitors[question].keep(features, targets, moment);
  }

  /** The latest alarms, of at most `count`, oldest first; no more than 16 are kept. */
  latestAlarms(count: number): readonly Alarm[] {
    return count === 0 ? [] : this.#recent.slice(-count);
  }

  /** O(bins): some 50 µs. */
  report(): HealthReport {
    const { next, response } = this.#monitors;
    return {
      questions: { next: next.stats(), response: response.stats() },
      recentAlarms: [...this.#recent],
    };
  }

  save(sink: SnapshotSink): void {
    const { next, response } = this.#monitors;
    const writer = new ByteWriter(next.sizeBytes + response.sizeBytes);
    writer.f64(this.#alarmCount);
    writer.text(JSON.stringify(this.#recent));
    for (const question of questions) this.#monitors[question].save(writer);
    sink.write("health", writer.bytes());
  }

  restore(source: SnapshotSource): void {
    const reader = new ByteReader(source.read("health"), "health");
    this.#alarmCount = reader.f64();
    this.#recent = JSON.parse(reader.text()) as Alarm[]; // as `save` wrote them
    for (const question of questions) this.#monitors[question].restore(reader);
    reader.end();
  }

  #take(alarm: Alarm): void {
    this.#alarmCount++;
    this.#recent.push(alarm);
    if (this.#recent.length > recentMax) this.#recent.shift();
  }
}
