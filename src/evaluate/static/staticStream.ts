/** A stream as static models see it: what was asked, slot by slot, and when what of it was known. */
import { dayMs } from "../../core/index.ts";
import type { ExampleStream } from "../exampleStream.ts";
import { codesOf, firstCodes, type SlotCodes } from "./codes.ts";
import type { TaughtLabels } from "./knownLabels.ts";

export interface StaticStream {
  readonly slots: readonly SlotCodes[];
  readonly askedAt: Float64Array;
  readonly taught: TaughtLabels;
  /** What the examples are of, for the nightly query; undefined where there is no such slot. */
  readonly item: SlotCodes | undefined;
  /** What it can be split by. */
  readonly segments: readonly SlotCodes[];
}

/** More segments than this are none: most of them had nothing of most items. */
const segmentIdsMax = 1000;

export function staticStream(stream: ExampleStream, itemSlot: string): StaticStream {
  const slots = codesOf(stream);
  return {
    slots,
    askedAt: stream.askedClock,
    taught: taughtOf(stream),
    item: slots.find(({ slot }) => slot === itemSlot),
    segments: slots.filter(
      ({ slot, idCount, isMeasured }) =>
        slot !== itemSlot && !isMeasured && idCount > 1 && idCount <= segmentIdsMax,
    ),
  };
}

/** Undefined where there is no slot of items. */
export function popularityTask({ item, segments, askedAt, taught }: StaticStream) {
  if (item === undefined) return undefined;
  return { askedAt, items: firstCodes(item), segments: segments.map(firstCodes), taught };
}

function taughtOf({ steps, clock }: ExampleStream): TaughtLabels {
  const taught = [...steps.keys()].filter((at) => steps[at].kind === "taught");
  const labels = new Float64Array(taught.length);
  const weights = new Float64Array(taught.length);
  for (const [i, at] of taught.entries()) {
    const step = steps[at];
    if (step.kind === "asked") continue;
    labels[i] = step.label;
    weights[i] = step.weight;
  }
  return {
    examples: Uint32Array.from(taught, (at) => steps[at].index),
    at: Float64Array.from(taught, (at) => clock[at]),
    labels,
    weights,
  };
}

/** The nights of the second part: its beginning, and each `retrainDays` days after, up to its end. */
export function nightsOf(start: number, end: number, retrainDays: number): number[] {
  const count = Math.floor((end - start) / (retrainDays * dayMs)) + 1;
  return Array.from({ length: count }, (_, night) => start + night * retrainDays * dayMs);
}
