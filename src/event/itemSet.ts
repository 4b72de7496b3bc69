/**
 * The `item_set` of an item, to be parsed as any event: `artist` in its own field, everything else in
 * `context`; lists as one text with `|` between its parts, true and false as 1 and 0.
 */
export function itemSetOf(
  item: unknown,
  properties: Readonly<Record<string, unknown>>,
  time: number,
): Record<string, unknown> {
  const { artist, ...others } = properties;
  // Object.fromEntries defines keys, so that none of them can reach a prototype.
  const context = Object.fromEntries(
    Object.entries(others).map(([name, value]) => [name, asKept(value)]),
  );
  return { type: "item_set", time, item, ...(artist === undefined ? {} : { artist }), context };
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
