import { dayMs, hourMs } from "../core/index.ts";
import {
  type LogRecord,
  type Offsets,
  type SnapshotSink,
  type SnapshotSource,
  type View,
} from "../event/index.ts";
import { AccountHistories } from "./accountHistories.ts";
import { AccountProperties } from "./accountProperties.ts";
import { CoOccurrence } from "./coOccurrence.ts";
import type { FeedbackRules } from "./feedback.ts";
import { ItemIndex } from "./itemIndex.ts";
import { ItemProperties } from "./itemProperties.ts";
import { ItemTerms } from "./itemTerms.ts";
import { Persons } from "./persons.ts";
import { Takers } from "./takers.ts";
import { Trends } from "./trends.ts";

export interface StreamStateOptions {
  readonly partitionCount: number;
  readonly rules: FeedbackRules;
  readonly itemsMax: number;
  readonly accountsMax: number;
  readonly itemsPerAccountMax: number;
  readonly accountPropertiesBytesMax: number;
}

/**
 * From hours (what is hot today) to for ever (what is liked at all). Neighbours are a factor of 3 to 5
 * apart, so that a mix of them comes near any half-life between.
 */
export const trendHalfLivesMs: readonly number[] = [
  2.4 * hourMs,
  12 * hourMs,
  2 * dayMs,
  7 * dayMs,
  30 * dayMs,
  Number.POSITIVE_INFINITY,
];

/** More than any request asks of one half-life, so that filters leave enough. */
const leadersMax = 500;
/** As many as signals look back; further, pairs cost more and say no more (50: the same hit@10). */
const pairReach = 20;
/** Pairs further apart than this are visits of two occasions, not "then". */
const nextGapMaxMs = hourMs;
/** 4 KiB an item at the most; an item's weaker neighbours carry little of its cosine mass. */
const neighboursMax = 512;
/** As if every item had 10 events more: a pair of two rare items proves little. */
const shrinkage = 10;

/**
 * The state of the stream that serving and training both read: items, trends, co-occurrence, histories.
 *
 * Each part is a view of its own; this one gives them each record in the order they need. Serving and
 * the trainer each keep one, from the same log, so that both compute the same signals.
 */
export class StreamState implements View {
  readonly items: ItemIndex;
  /** What the catalogue says of items in names and words. */
  readonly terms: ItemTerms;
  /** What it says of them by name, for rules. */
  readonly properties: ItemProperties;
  readonly trends: Trends;
  /** Wanted by the same accounts. */
  readonly together: CoOccurrence;
  /** Wanted next, within the hour. */
  readonly next: CoOccurrence;
  readonly histories: AccountHistories;
  /** Who wanted each item last. */
  readonly takers: Takers;
  /** What accounts are said to be like. */
  readonly accounts: AccountProperties;
  /** Which of an account's persons is there. */
  readonly persons: Persons;
  readonly #parts: readonly View[];

  constructor(options: StreamStateOptions) {
    this.items = new ItemIndex(options);
    this.terms = new ItemTerms(this.items, options);
    this.properties = new ItemProperties(this.items, options);
    this.trends = new Trends(this.items, {
      ...options,
      halfLivesMs: trendHalfLivesMs,
      leadersMax,
    });
    this.histories = new AccountHistories(this.items, options);
    this.takers = new Takers(this.items, this.histories, options);
    this.accounts = new AccountProperties(options);
    this.persons = new Persons(options);
    const pairs = { ...options, neighboursMax, shrinkage };
    this.together = new CoOccurrence(this.items, this.histories, {
      ...pairs,
      name: "together",
      reach: pairReach,
      gapMaxMs: Number.POSITIVE_INFINITY,
      directed: false,
    });
    this.next = new CoOccurrence(this.items, this.histories, {
      ...pairs,
      name: "next",
      reach: 1,
      gapMaxMs: nextGapMaxMs,
      directed: true,
    });
    this.#parts = [
      this.items,
      this.terms,
      this.properties,
      this.trends,
      this.together,
      this.next,
      this.histories,
      this.takers,
      this.accounts,
      this.persons,
    ];
  }

  get offsets(): Offsets {
    return this.histories.offsets;
  }

  apply(record: LogRecord): void {
    for (const part of this.#parts) part.apply(record);
  }

  save(sink: SnapshotSink): void {
    for (const part of this.#parts) part.save(sink);
  }

  restore(source: SnapshotSource): void {
    for (const part of this.#parts) part.restore(source);
  }
}
