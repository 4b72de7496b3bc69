import { quotedText } from "../../event/index.ts";

/** A condition on the column `type`. */
export function typeIn(types: Iterable<string>): string {
  return `type IN (${["", ...types].map(quotedText).join(", ")})`;
}
