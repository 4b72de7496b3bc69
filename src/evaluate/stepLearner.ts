import { dayMs } from "../core/index.ts";
import type { Example, OnlineModel } from "../model/index.ts";
import type { ExampleStream, StreamStep } from "./exampleStream.ts";

type TaughtStep = Extract<StreamStep, { readonly kind: "taught" }>;

/**
 * Teaches a model what the steps of a stream say, in their order.
 *
 * What is taught within one second of the stream's time is learned in minibatches of up to the model's
 * `batchMax`, the last of them when the second is over; so one that steps on each example learns each at
 * once. Once a day of the stream, ids past their time to live are given up.
 */
export class StepLearner {
  readonly #model: OnlineModel;
  readonly #stream: ExampleStream;
  #second: number;
  #day: number;
  #waiting: Example[] = [];

  /** @param clock the stream's time, epoch milliseconds: of what the model has learned already. */
  constructor(model: OnlineModel, stream: ExampleStream, clock: number) {
    this.#model = model;
    this.#stream = stream;
    this.#second = Math.floor(clock / 1000);
    this.#day = Math.floor(clock / dayMs);
  }

  /** The stream's time is this now. Call it before anything else is done at that time. */
  advance(clock: number): void {
    const second = Math.floor(clock / 1000);
    if (second === this.#second) return;
    this.#learn();
    this.#second = second;
    const day = Math.floor(clock / dayMs);
    if (day === this.#day) return;
    this.#day = day;
    this.#model.expire(second);
  }

  teach({ index, label, weight, takeBack }: TaughtStep): void {
    const features = this.#stream.featuresOf(index);
    // The model then is as if the 0 had not been taught, but for the steps between.
    if (takeBack > 0) this.#take({ features, label: 0, weight: -takeBack });
    this.#take({ features, label, weight });
  }

  /**
   * Goes through the steps from one to before another.
   *
   * @param asked is told the example of each step that asks, before anything later is learned.
   */
  run(from: number, to: number, asked: (index: number) => void = () => {}): void {
    const { steps, clock } = this.#stream;
    for (let at = from; at < to; at++) {
      this.advance(clock[at]);
      const step = steps[at];
      if (step.kind === "taught") this.teach(step);
      else asked(step.index);
    }
    // The last step is the last of its second: as the cuts of `stepAt` are.
    if (to < clock.length) this.advance(clock[to]);
    else this.#learn();
  }

  #take(example: Example): void {
    if (this.#model.batchMax === 1) {
      this.#model.learnOne(example, this.#second);
      return;
    }
    this.#waiting.push(example);
    if (this.#waiting.length === this.#model.batchMax) this.#learn();
  }

  #learn(): void {
    if (this.#waiting.length === 0) return;
    this.#model.learnBatch(this.#waiting, this.#second);
    this.#waiting = [];
  }
}
