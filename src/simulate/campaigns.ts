/** The advertisements of the simulated service: who shows what to whom, for how much, and what it does. */

export interface Campaign {
  readonly name: string;
  readonly channel: string;
  /** `intent`: shown in proportion to how often the person converts anyway, as retargeting does. */
  readonly audience: "broad" | "intent";
  /** Touches a day for the mean person. */
  readonly touchesPerDay: number;
  /** What a click adds to the factor on the rate of conversions, at its moment, at `adEffect` 1. */
  readonly effect: number;
  readonly halfLifeDays: number;
  /** Of impressions; 0 where nothing moves. */
  readonly engagedShare: number;
  /** Of impressions. */
  readonly clickShare: number;
  /** US dollars an impression, and a click. */
  readonly impressionCost: number;
  readonly clickCost: number;
}

/**
 * Two that work and are shown to all; one that works and one that does nothing, both shown to those who
 * convert anyway: counting conversions after a touch can't tell these apart; one that does nothing, to
 * all; and one that works weakly and long. Invented figures in the order of public price lists.
 */
export const campaigns: readonly Campaign[] = [
  {
    name: "c1-launch",
    channel: "video",
    audience: "broad",
    touchesPerDay: 0.08,
    effect: 6,
    halfLifeDays: 2,
    engagedShare: 0.3,
    clickShare: 0.04,
    impressionCost: 0.012,
    clickCost: 0.3,
  },
  {
    name: "c2-friends",
    channel: "social",
    audience: "broad",
    touchesPerDay: 0.08,
    effect: 3,
    halfLifeDays: 3,
    engagedShare: 0.15,
    clickShare: 0.05,
    impressionCost: 0.008,
    clickCost: 0.25,
  },
  {
    name: "c3-brand-search",
    channel: "search",
    audience: "intent",
    touchesPerDay: 0.05,
    effect: 1.5,
    halfLifeDays: 1,
    engagedShare: 0,
    clickShare: 0.3,
    impressionCost: 0,
    clickCost: 0.6,
  },
  {
    name: "c4-banner",
    channel: "display",
    audience: "broad",
    touchesPerDay: 0.08,
    effect: 0,
    halfLifeDays: 1,
    engagedShare: 0,
    clickShare: 0.01,
    impressionCost: 0.003,
    clickCost: 0.1,
  },
  {
    name: "c5-retargeting",
    channel: "display",
    audience: "intent",
    touchesPerDay: 0.08,
    effect: 0,
    halfLifeDays: 1,
    engagedShare: 0,
    clickShare: 0.05,
    impressionCost: 0.005,
    clickCost: 0.2,
  },
  {
    name: "c6-newsletter",
    channel: "email",
    audience: "broad",
    touchesPerDay: 0.05,
    effect: 1,
    halfLifeDays: 7,
    engagedShare: 0.2,
    clickShare: 0.08,
    impressionCost: 0.001,
    clickCost: 0,
  },
];

/** What an impression and an engaged view do, beside a click. */
export const impressionStrength = 0.15;
export const engagedStrength = 0.4;
