/** Traits of `identify`: what they say beside what was said of the account before. */
import type { Properties } from "../description.ts";
import { type Fields, maxContextKeys } from "../eventChecks.ts";
import { scalarsOf } from "./scalars.ts";

/** Who somebody is, in Segment's own names beside those that are never kept anywhere. */
const personalNames: ReadonlySet<string> = new Set([
  "name",
  "username",
  "avatar",
  "birthday",
  "website",
]);
/** The account's own name, which the event has. */
const taken: ReadonlySet<string> = new Set(["traits.id"]);

/**
 * All properties of the account: Segment's traits add to those before, and replace those of their names. A trait that
 * is null or empty says nothing.
 *
 * @param onLeft told the path of each trait that is not kept.
 */
export function withTraits(
  latest: Properties | undefined,
  traits: Fields,
  onLeft: (path: string) => void,
): Properties {
  const said = Object.entries(traits).filter(([name]) => {
    const isPersonal = personalNames.has(name.toLowerCase());
    if (isPersonal) onLeft(`traits.${name}`);
    return !isPersonal;
  });
  const properties = new Map(Object.entries(latest ?? {}));
  const options = { prefix: "traits.", taken, onLeft };
  for (const { key, path, value } of scalarsOf(Object.fromEntries(said), options)) {
    if (properties.has(key) || properties.size < maxContextKeys) properties.set(key, value);
    else onLeft(path);
  }
  return Object.fromEntries(properties);
}
