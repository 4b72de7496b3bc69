import { quotedText } from "../../event/index.ts";
import { tiers, touchKindOf, touchTypes } from "../rules.ts";

/** The types of events that can earn a conversion. */
export const tierTypes: readonly string[] = [...touchTypes].filter((type) =>
  tiers.some((tier) => tier === touchKindOf(type)),
);

/** A condition on the column `type`. */
export function typeIn(types: Iterable<string>): string {
  return `type IN (${["", ...types].map(quotedText).join(", ")})`;
}
