import { describe, expect, it } from "vitest";
import type { Event } from "../event/index.ts";
import { defaultFeedbackRules, type FeedbackRules, feedbackOf } from "./index.ts";

const rules = defaultFeedbackRules;
const play = (seconds?: number): Event => ({
  type: "play",
  time: 0,
  account: "a",
  item: "x",
  ...(seconds === undefined ? {} : { seconds }),
});

describe("feedback", () => {
  it("is what the rule of the event's type says", () => {
    expect(feedbackOf({ ...play(), type: "unlike" }, rules)).toEqual({ weight: -1, had: true });
    expect(feedbackOf({ ...play(), type: "view_content" }, rules)).toMatchObject({ had: false });
  });

  it("is none without an item, or without a rule, also for names that every object has", () => {
    const none = { weight: 0, had: false };
    expect(feedbackOf({ type: "like", time: 0, account: "a" }, rules)).toEqual(none);
    expect(feedbackOf({ ...play(), type: "impression" }, rules)).toEqual(none);
    expect(feedbackOf({ ...play(), type: "constructor" }, rules)).toEqual(none);
  });

  it("of a play that was too short is that of a skip, or none where skips have no rule", () => {
    expect(feedbackOf(play(29.9), rules)).toEqual(rules.skip);
    expect(feedbackOf(play(30), rules)).toEqual(rules.play);
    expect(feedbackOf(play(), rules)).toEqual(rules.play);
    const playOnly: FeedbackRules = { play: { weight: 1, had: true, secondsMin: 30 } };
    expect(feedbackOf(play(5), playOnly)).toEqual({ weight: 0, had: false });
  });
});
