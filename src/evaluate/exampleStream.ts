/** The steps of one stream as experiments go over them, again and again: in memory, with what came of each. */
import { assert } from "../core/index.ts";
import type { ExampleAsked, ExampleStep } from "../train/index.ts";

export interface ExampleStream {
  readonly steps: readonly ExampleStep[];
  /** The time of the stream at each step, epoch milliseconds, (steps,): the latest so far, so it never goes back. */
  readonly clock: Float64Array;
  readonly asked: readonly ExampleAsked[];
  /** The time of the stream when each was asked, (asked,). */
  readonly askedClock: Float64Array;
  /** What was taught last of each, 0 to 1, (asked,); NaN where nothing was. */
  readonly labels: Float64Array;
}

/** How a stream is cut into a first and a second part. */
export interface Cut {
  /** Of the first part, above 0 and below 1. */
  readonly share: number;
  /** Of the examples asked, or of the time from the first step to the last. */
  readonly by: "examples" | "time";
}

/** @param steps `index` counts the asked from 0, and what is taught was asked before. */
export function exampleStream(steps: readonly ExampleStep[]): ExampleStream {
  const asked: ExampleAsked[] = [];
  const clock = new Float64Array(steps.length);
  const askedClock: number[] = [];
  const labels: number[] = [];
  let now = Number.NEGATIVE_INFINITY;
  for (const [at, step] of steps.entries()) {
    now = Math.max(now, step.time);
    clock[at] = now;
    if (step.kind === "asked") {
      assert(step.index === asked.length, "the asked are numbered from 0");
      asked.push(step);
      askedClock.push(now);
      labels.push(Number.NaN);
    } else {
      assert(step.index < asked.length, "what is taught was asked before");
      labels[step.index] = step.label;
    }
  }
  return {
    steps,
    clock,
    asked,
    askedClock: Float64Array.from(askedClock),
    labels: Float64Array.from(labels),
  };
}

/**
 * The first step of the second part: where a second of the stream begins, so that what is learned together is
 * not cut.
 */
export function cutAt(stream: ExampleStream, { share, by }: Cut): number {
  assert(share > 0 && share < 1, "a stream is cut into two parts");
  const { clock, askedClock } = stream;
  if (clock.length === 0) return 0;
  const [first, last] = [clock[0], clock[clock.length - 1]];
  const cut =
    by === "time"
      ? first + share * (last - first)
      : askedClock[Math.floor(share * askedClock.length)];
  return stepAt(stream, cut);
}

/** The first step of the second of the stream that holds this time, or of the next that there is. */
export function stepAt({ clock }: ExampleStream, time: number): number {
  const second = Math.floor(time / 1000) * 1000;
  let [from, to] = [0, clock.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (clock[middle] < second) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Which of the asked are measured: those asked from a step on whose label became known, in order. */
export function measuredFrom(stream: ExampleStream, from: number): Uint32Array {
  let first = 0;
  for (let at = 0; at < from; at++) if (stream.steps[at].kind === "asked") first++;
  const { labels } = stream;
  const all = Uint32Array.from({ length: labels.length - first }, (_, i) => first + i);
  return all.filter((index) => !Number.isNaN(labels[index]));
}
