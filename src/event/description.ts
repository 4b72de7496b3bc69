/**
 * Descriptions: records that say what an item or an account is like, as a whole. A later one replaces all
 * of it; an account of which nothing is said any more has no description.
 */
import type { Event } from "./event.ts";

/** What can be described, and the type of event that does it. */
export const descriptionTypes = { item: "item_set", account: "account_set" } as const;
export type DescribedKind = keyof typeof descriptionTypes;

export type Property = string | number;
/** Texts and numbers by name; lists are texts with `|` between their parts. */
export type Properties = Readonly<Record<string, Property>>;

export interface Description {
  readonly kind: DescribedKind;
  readonly name: string;
  readonly properties: Properties;
}

/** Undefined of an event that describes nothing: of most, by a look at its type. */
export function descriptionIn(event: Event): Description | undefined {
  const { type } = event;
  if (type !== descriptionTypes.item && type !== descriptionTypes.account) return undefined;
  const { item, account, artist, context = {} } = event;
  if (type === descriptionTypes.item && item !== undefined) {
    const properties = artist === undefined ? context : { artist, ...context };
    return { kind: "item", name: item, properties };
  }
  if (type === descriptionTypes.account && account !== undefined) {
    return { kind: "account", name: account, properties: context };
  }
  return undefined;
}

/** Whether it says that nobody is to count the people of the account: the property `people`, false. */
export function wantsNoPeople(described: Description | undefined): boolean {
  const people = described?.kind === "account" ? described.properties["people"] : undefined;
  return people === 0 || people === "false";
}

/**
 * The `item_set` of an item, or the `account_set` of an account, to be parsed as any event: an item's `artist`
 * in its own field, everything else in `context`; lists as one text with `|` between its parts, true and false
 * as 1 and 0.
 */
export function descriptionOf(
  kind: DescribedKind,
  name: unknown,
  properties: Readonly<Record<string, unknown>>,
  time: number,
): Record<string, unknown> {
  const artist = kind === "item" ? properties["artist"] : undefined;
  const others = Object.entries(properties).filter(
    ([property]) => kind !== "item" || property !== "artist",
  );
  // Object.fromEntries defines keys, so that none of them can reach a prototype.
  const context = Object.fromEntries(others.map(([property, value]) => [property, asKept(value)]));
  const type = descriptionTypes[kind];
  return { type, time, [kind]: name, ...(artist === undefined ? {} : { artist }), context };
}

/** What can't be kept stays as it came: `parseEvent` refuses it, and shows it. */
function asKept(value: unknown): unknown {
  if (typeof value === "boolean") return Number(value);
  if (!Array.isArray(value)) return value;
  const isList = value.every(
    (part) => typeof part === "string" && part !== "" && !part.includes("|"),
  );
  if (!isList) return value;
  return value.length === 0 ? undefined : value.join("|");
}
