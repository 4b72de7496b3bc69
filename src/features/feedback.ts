import type { Event } from "../event/index.ts";

/** What an event of one type says about the account and the item. */
export interface FeedbackRule {
  /** Above 0: the account wants such items, by so much. Below 0: it does not. 0: says nothing. */
  readonly weight: number;
  /** Whether the account has had the item, so that it is not recommended to it again. */
  readonly had: boolean;
  /** Watch or listening time from which the event counts; a shorter one is as if it were a `skip`. */
  readonly secondsMin?: number;
  /** Whether the share of the item's length that was watched or heard says how much it was wanted. */
  readonly byShare?: boolean;
}

/** By event type; a type without a rule says nothing. */
export type FeedbackRules = Readonly<Record<string, FeedbackRule>>;

export interface Feedback {
  readonly weight: number;
  readonly had: boolean;
}

/**
 * The share of the item's length that was watched or heard, 0 to 1, where the event's rule goes by it; 1
 * where it does not, or `seconds` or the length are not known.
 *
 * @param lengthSeconds of the item; NaN where it is not known.
 */
export function watchedShare(event: Event, rules: FeedbackRules, lengthSeconds: number): number {
  const { type, seconds } = event;
  if (seconds === undefined || !Object.hasOwn(rules, type) || rules[type].byShare !== true)
    return 1;
  return Number.isNaN(lengthSeconds) ? 1 : Math.min(1, seconds / lengthSeconds);
}

/**
 * The rules that hold where the config gives none. Weights are relative to a like; the order (a purchase
 * says more than a play, a play more than a look) is common sense, to be replaced by what a service knows.
 */
export const defaultFeedbackRules: FeedbackRules = {
  play: { weight: 1, had: true, secondsMin: 30 },
  skip: { weight: -0.5, had: true },
  like: { weight: 1, had: true },
  unlike: { weight: -1, had: true },
  share: { weight: 1, had: true },
  save: { weight: 1, had: true },
  comment: { weight: 0.5, had: true },
  download: { weight: 1, had: true },
  rate: { weight: 1, had: true },
  purchase: { weight: 1, had: true },
  add_to_cart: { weight: 0.5, had: false },
  view_content: { weight: 0.25, had: false },
};

const none: Feedback = { weight: 0, had: false };

/** What this event says, under these rules; it is about `event.item`, if it has one. */
export function feedbackOf(event: Event, rules: FeedbackRules): Feedback {
  if (event.item === undefined || !Object.hasOwn(rules, event.type)) return none;
  const rule = rules[event.type];
  const isShort =
    rule.secondsMin !== undefined && event.seconds !== undefined && event.seconds < rule.secondsMin;
  return isShort ? (rules.skip ?? none) : rule;
}
