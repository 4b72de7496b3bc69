import { FoldbackError } from "../core/index.ts";
import {
  descriptionIn,
  type Event,
  mapSegment,
  type Properties,
  type Refusal,
  type SegmentType,
  type TrackRule,
  trackRules,
  type Unmapped,
} from "../event/index.ts";
import type { Config } from "./configSchema.ts";
import type { UnmappedCount } from "./foldbackTypes.ts";

/** Names that are counted each for itself; senders choose them, so there must be an end. */
const namesMax = 100;

/** Messages of one request, in the shape of Segment's tracking API. */
export interface SegmentBatch {
  readonly messages: readonly unknown[];
  /** Who sends: ids of different sources don't meet. */
  readonly source: string;
  /** Of all messages; undefined in a batch, where each has its own. */
  readonly type?: SegmentType;
  /** Of the batch, as they came: for messages that have none. */
  readonly sentAt?: unknown;
  readonly context?: unknown;
}

export interface MappedBatch {
  readonly events: Event[];
  readonly refused: Refusal[];
  readonly unmapped: readonly UnmappedCount[];
}

/** Maps messages by the config's rules, and counts what is not mapped. */
export class SegmentIntake {
  readonly #rules: ReadonlyMap<string, TrackRule>;
  readonly #extraTypes: ReadonlySet<string>;
  readonly #limits: { readonly events: number; readonly copiedLength: number };
  readonly #unmapped = new UnmappedCounter();
  readonly #latestOf: (account: string) => Properties | undefined;

  /** @param latestOf what an account was said to be like last. */
  constructor(config: Config, latestOf: (account: string) => Properties | undefined) {
    this.#latestOf = latestOf;
    const { batchEventsMax, bodyBytesMax } = config.http;
    this.#limits = { events: batchEventsMax, copiedLength: bodyBytesMax };
    this.#rules = trackRules(config.segment);
    this.#extraTypes = new Set(config.eventTypes);
  }

  /** Of all batches. */
  get unmapped(): readonly UnmappedCount[] {
    return this.#unmapped.counts();
  }

  /**
   * @throws FoldbackError BATCH_TOO_LARGE where there would be more events and refusals than a batch may have, or
   *   more characters were written several times than a request may have.
   */
  map(batch: SegmentBatch, receivedAt: number): MappedBatch {
    const { messages } = batch;
    const described = new Map<string, Properties>();
    const options = {
      ...batch,
      receivedAt,
      rules: this.#rules,
      extraTypes: this.#extraTypes,
      latestOf: (account: string) => described.get(account) ?? this.#latestOf(account),
    };
    const events: Event[] = [];
    const refused: Refusal[] = [];
    const unmapped = new UnmappedCounter();
    let copiedLength = messages.length * lengthOf(batch.context);
    this.#checkSize(0, copiedLength); // before it is gone through for each message
    for (const [index, message] of messages.entries()) {
      const mapped = mapSegment(message, options, index);
      events.push(...mapped.events);
      for (const event of mapped.events) {
        const description = descriptionIn(event);
        if (description) described.set(description.name, description.properties);
      }
      refused.push(...mapped.refused);
      copiedLength += mapped.copiedLength;
      this.#checkSize(events.length + refused.length, copiedLength);
      for (const each of mapped.unmapped) unmapped.add(each);
    }
    const counts = unmapped.counts();
    for (const each of counts) this.#unmapped.add(each, each.count);
    return { events, refused, unmapped: counts };
  }

  #checkSize(events: number, copiedLength: number): void {
    if (events > this.#limits.events) throw tooLarge(events, this.#limits.events);
    if (copiedLength <= this.#limits.copiedLength) return;
    throw new FoldbackError(
      "BATCH_TOO_LARGE",
      `what messages and products have in common comes to ${copiedLength} characters, written with each of them; ` +
        `allowed: ${this.#limits.copiedLength}; send it in parts`,
      { details: { copiedLength, allowed: this.#limits.copiedLength } },
    );
  }
}

/** About how long it is as JSON. Without recursion: senders say how deep it is. */
function lengthOf(value: unknown): number {
  let length = 0;
  const open = [value];
  while (open.length > 0) {
    const next = open.pop();
    length++;
    if (typeof next === "string") length += next.length;
    if (typeof next !== "object" || next === null) continue;
    for (const [name, inner] of Object.entries(next)) {
      length += name.length;
      open.push(inner);
    }
  }
  return length;
}

export function tooLarge(events: number, allowed: number): FoldbackError {
  return new FoldbackError(
    "BATCH_TOO_LARGE",
    `the batch has ${events} events; allowed: ${allowed}; send it in parts`,
    { details: { events, batchEventsMax: allowed } },
  );
}

class UnmappedCounter {
  readonly #counts = new Map<string, UnmappedCount>();

  add({ kind, name }: Unmapped, count = 1): void {
    const isNew = !this.#counts.has(`${kind} ${name}`) && this.#counts.size >= namesMax;
    const shown = isNew ? otherNames : name;
    const key = `${kind} ${shown}`;
    const before = this.#counts.get(key)?.count ?? 0;
    this.#counts.set(key, { kind, name: shown, count: before + count });
  }

  counts(): readonly UnmappedCount[] {
    return [...this.#counts.values()];
  }
}

/** Stands for the names beyond. */
const otherNames = "(others)";
