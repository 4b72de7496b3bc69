import { type Fields, isObject } from "../eventChecks.ts";
import { type Part, PartBuilder } from "./trackRule.ts";
import { readName } from "./values.ts";

/**
 * A visit by a campaign: `campaign` of a message's context or properties, with the names of UTM and of the
 * mobile spec. The channel is the medium (`cpc`, `email`), or where none is told the source; undefined
 * without either, since a visit needs one.
 */
export function visitPart(root: Fields, prefix: string): Part | undefined {
  const campaign = Object.hasOwn(root, "campaign") ? root["campaign"] : undefined;
  if (!isObject(campaign)) return undefined;
  const builder = new PartBuilder();
  const inside = `${prefix}campaign.`;
  builder.take("ad.channel", campaign, inside, ["medium", "source"], readName);
  if (!builder.has("ad.channel")) return undefined;
  builder.take("ad.campaign", campaign, inside, ["name"], readName);
  builder.take("ad.group", campaign, inside, ["ad_group"], readName);
  builder.take("ad.creative", campaign, inside, ["ad_creative", "content"], readName);
  return builder.build();
}
