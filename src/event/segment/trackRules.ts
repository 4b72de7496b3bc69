/** What becomes of a `track` message, by its event name. */
import { visitPart } from "./campaign.ts";
import { commerceRules } from "./commerce.ts";
import {
  type Part,
  PartBuilder,
  type SegmentField,
  type TrackMessage,
  type TrackRule,
} from "./trackRule.ts";
import { videoRules } from "./video.ts";

/** A name of the config: the type, and at which path within `properties` each field stands. */
export interface ConfiguredTrack {
  readonly type: string;
  readonly properties?: Readonly<Partial<Record<SegmentField, string>>>;
}

export interface TrackRuleOptions {
  /** By event name; they stand before those of the spec. */
  readonly events: Readonly<Record<string, ConfiguredTrack>>;
  /** From this position on, in seconds, a heartbeat of a video makes its play. */
  readonly playSeconds: number;
}

/** Rules by event name. */
export function trackRules({
  events,
  playSeconds,
}: TrackRuleOptions): ReadonlyMap<string, TrackRule> {
  const configured = Object.entries(events).map(([name, track]): [string, TrackRule] => [
    name,
    configuredRule(track),
  ]);
  return new Map([...commerceRules, ...videoRules(playSeconds), ...campaignRules, ...configured]);
}

/** Messages of the mobile spec that say what somebody came by. */
const campaignRules: readonly [string, TrackRule][] = [
  "Install Attributed",
  "Push Notification Tapped",
  "Deep Link Opened",
  "Application Opened",
].map((name) => [name, { type: "visit", parts: visitOf }]);

function visitOf({ properties, context }: TrackMessage): readonly Part[] {
  const part = visitPart(properties, "properties.") ?? visitPart(context, "context.");
  return part === undefined ? [] : [part];
}

function configuredRule({ type, properties: paths = {} }: ConfiguredTrack): TrackRule {
  const fields = Object.keys(paths) as SegmentField[]; // the config's schema has these names alone
  if (type === "visit" && !fields.some((field) => field.startsWith("ad."))) {
    return { type, parts: visitOf };
  }
  return {
    type,
    parts({ properties }) {
      const builder = new PartBuilder();
      for (const field of fields)
        builder.take(field, properties, "properties.", [paths[field] ?? ""]);
      return [builder.build()];
    },
  };
}
