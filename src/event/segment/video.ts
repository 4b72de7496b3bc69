/**
 * Names of Segment's video spec.
 *
 * A player tells of one video many times: started, playing (every ten seconds or so), completed, exited. Each
 * of these messages is mapped on its own, so that nothing is held that a crash would lose. What makes them one
 * play is its id, from the `session_id` and `asset_id` that they share: the first of these makes the play, and
 * the log drops the others as its duplicates (for 48 hours):
 *
 * - `Video Content Playing` from `playSeconds` on: by then it was watched, also if the tab is closed a minute
 *   later and nobody tells the end;
 * - `Video Content Completed`: for what is shorter than that;
 * - `Video Playback Exited` before `playSeconds`: it was left. Later ones say nothing new, and their position
 *   counts the advertisements and earlier videos of the playback, too.
 *
 * So `seconds` is where the playhead stood when the play was first known: not all that was watched in the end,
 * and counted from the beginning of the video, not from where somebody went on. Other messages of the player
 * (started, paused, interrupted, seeking) tell nothing that these don't.
 *
 * Source: Segment, "Video Spec".
 */
import type { Fields } from "../eventChecks.ts";
import { PartBuilder, type TrackRule } from "./trackRule.ts";
import { readId, readSeconds } from "./values.ts";

/** @param playSeconds position from which on a video counts as played. */
export function videoRules(playSeconds: number): readonly [string, TrackRule][] {
  return [
    [
      "Video Content Playing",
      playRule("asset_id", (position, isNamed) => isNamed && position >= playSeconds),
    ],
    ["Video Content Completed", playRule("asset_id", () => true)],
    [
      "Video Playback Exited",
      playRule("content_asset_id", (position, isNamed) => isNamed && position < playSeconds),
    ],
    ["Video Ad Started", adRule("ad_impression")],
    ["Video Ad Completed", adRule("ad_engaged_view")], // to its end: more than an impression, no click
  ];
}

/**
 * @param asset the property with the video's id.
 * @param holds whether it makes a play, by the position (NaN: not told) and whether the play can be named: one
 *   that can't would be a new play each time.
 */
function playRule(
  asset: string,
  holds: (position: number, isNamed: boolean) => boolean,
): TrackRule {
  return {
    type: "play",
    parts({ properties }) {
      const id = playId(properties, asset);
      const position = readSeconds(properties["position"]) ?? Number.NaN;
      if (!holds(position as number, id !== undefined)) return [];
      const builder = new PartBuilder();
      builder.take("item", properties, "properties.", [asset]);
      builder.take("seconds", properties, "properties.", ["position", "total_length"], readSeconds);
      if (id === undefined) return [builder.build()];
      return [builder.build({ id: { value: id, path: "properties.session_id" } })];
    },
  };
}

function playId(properties: Fields, asset: string): string | undefined {
  const session = readId(properties["session_id"]);
  const item = readId(properties[asset]);
  if (typeof session !== "string" || typeof item !== "string") return undefined;
  return `video ${session} ${item}`;
}

function adRule(type: string): TrackRule {
  return {
    type,
    parts({ properties }) {
      const builder = new PartBuilder();
      builder.take("ad.creative", properties, "properties.", ["asset_id"]);
      builder.take("ad.advertiser", properties, "properties.", ["publisher"]);
      return [builder.build()];
    },
  };
}
