/** Examples of events, put together from those of the fields in the contract. */
import { eventSchema } from "./schemas.ts";

/** What most events of a type have beside what they must. */
const usual: Readonly<Record<string, readonly string[]>> = {
  impression: ["request", "position"],
  play: ["seconds"],
  purchase: ["value", "currency"],
  subscribe: ["value", "currency"],
  item_set: ["artist", "context.title", "context.categories"],
  account_set: ["context.plan"],
};

/** Of what is inside, where the example of the whole has it not. */
const inside: Readonly<Record<string, unknown>> = {
  "ad.channel": "search",
  "context.account": "a18",
  "context.title": "Nine",
  "context.categories": "rock|live",
  "context.plan": "pro",
};

type Fields = Record<string, unknown>;

/**
 * An event of the type that is taken as it is.
 *
 * @param needed lists of fields, of each of which it has the first.
 * @param time when it is said to have happened, RFC 3339.
 */
export function exampleOf(
  type: string,
  needed: readonly (readonly string[])[],
  time: string,
): Fields {
  const event: Fields = { type, time };
  for (const path of [...needed.map(([first]) => first), ...(usual[type] ?? [])]) put(event, path);
  return event;
}

function put(event: Fields, path: string): void {
  const [field, name] = path.split(".", 2);
  if (name === undefined) event[field] = exampleOfField(field);
  else event[field] = { ...(event[field] as Fields | undefined), [name]: inside[path] };
}

function exampleOfField(field: string): unknown {
  const schema = eventSchema.properties[field as keyof typeof eventSchema.properties];
  return (schema as { readonly examples?: readonly unknown[] }).examples?.[0];
}
