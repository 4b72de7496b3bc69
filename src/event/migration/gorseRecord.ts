/** What a record of Gorse's becomes: an event, a description of an item or account, a refusal, or nothing. */
import type { DescribedKind, Properties, Property } from "../description.ts";
import { knownEventTypes } from "../event.ts";
import {
  type Fields,
  isAbsent,
  isContextKey,
  isContextValue,
  isName,
  isObject,
  maxContextKeys,
} from "../eventChecks.ts";
import { type ParsedEvent, type ParseOptions, parseEvent } from "../parseEvent.ts";
import { type Refusal, renderText, renderValue } from "../refusal.ts";
import { readGorseTime } from "./gorseTime.ts";

export interface GorseOptions {
  /** Event type by feedback type, above those of `gorseTypes`. */
  readonly types?: Readonly<Record<string, string>>;
  /** Epoch milliseconds: of feedback that has no time. Default: it is refused. */
  readonly time?: number;
}

/** Told once for each value that no event says. */
export type OnLeftOut = (reason: string) => void;

/**
 * Event type by feedback type, beside the names that both have. Gorse leaves their meaning to the config
 * (`positive_feedback_types`); these are the names of its manual and examples.
 */
export const gorseTypes: Readonly<Record<string, string>> = {
  read: "impression",
  view: "view_content",
  click: "view_content",
  star: "save",
  favorite: "save",
  watch: "play",
  listen: "play",
  dislike: "unlike",
  buy: "purchase",
  order: "purchase",
};

/** Where the events come from, as their `source` says. */
export const gorseSource = "gorse";

/** Maps feedback; undefined where its type has no event type, which `onLeftOut` is told. */
export function mapFeedback(
  feedback: Fields,
  options: GorseOptions & ParseOptions,
  index: number,
  onLeftOut: OnLeftOut,
): ParsedEvent | undefined {
  const came = feedback["FeedbackType"];
  if (!isName(came)) return refused(index, "FeedbackType", came, "a text of 1 to 256 characters");
  const type = eventTypeOf(came, options);
  if (type === undefined) {
    onLeftOut(`feedback of type ${renderText(came)}, which no event type is named for`);
    return undefined;
  }
  const time = timeOf(feedback["Timestamp"], options.time, index);
  if (typeof time === "object") return { ok: false, refusal: time };
  const value = feedback["Value"];
  const comment = kept(feedback["Comment"], "Comment of feedback", onLeftOut);
  const parsed = parseEvent(
    {
      type,
      time,
      account: feedback["UserId"],
      item: feedback["ItemId"],
      // Without a value Gorse has 0; a rating of 0 is one.
      ...(value === 0 && type !== "rate" ? {} : { value }),
      source: gorseSource,
      context: { comment },
    },
    options,
    index,
  );
  return parsed.ok ? parsed : { ok: false, refusal: inGorseNames(parsed.refusal) };
}

function eventTypeOf(came: string, options: GorseOptions & ParseOptions): string | undefined {
  if (options.types !== undefined && Object.hasOwn(options.types, came)) return options.types[came];
  if (options.extraTypes?.has(came) === true) return came;
  const small = came.toLowerCase();
  const known = knownEventTypes.find((type) => type === small);
  return known ?? (Object.hasOwn(gorseTypes, small) ? gorseTypes[small] : undefined);
}

function timeOf(came: unknown, otherwise: number | undefined, index: number): number | Refusal {
  const time = readGorseTime(came) ?? otherwise;
  if (time !== undefined && !Number.isNaN(time)) return time;
  const allowed = "a time; --time names one for records without";
  return { index, field: "Timestamp", came: renderValue(came), allowed };
}

/** What an item is said to be: its properties, for `item_set`. */
export function itemProperties(item: Fields, onLeftOut: OnLeftOut): Properties {
  const properties = new LabelledProperties("item", onLeftOut);
  properties.putText("title", item["Comment"], "Comment of an item");
  properties.put("categories", joined(item["Categories"], "Categories", onLeftOut));
  if (item["IsHidden"] === true) properties.put("hidden", 1);
  const time = readGorseTime(item["Timestamp"]);
  if (Number.isNaN(time)) onLeftOut("Timestamp of an item that is no time");
  else if (time !== undefined) properties.put("released", yearOf(time));
  properties.putLabels(item["Labels"], "keywords");
  return properties.all();
}

/** What an account is said to be: its properties, for `account_set`. */
export function accountProperties(user: Fields, onLeftOut: OnLeftOut): Properties {
  const properties = new LabelledProperties("account", onLeftOut);
  properties.putText("comment", user["Comment"], "Comment of a user");
  properties.put("subscribe", joined(user["Subscribe"], "Subscribe", onLeftOut));
  properties.putLabels(user["Labels"], "labels");
  return properties.all();
}

/** A year with its fraction, to 5 minutes: 2020.5 is the beginning of July. */
function yearOf(time: number): number {
  const year = new Date(time).getUTCFullYear();
  const begin = Date.UTC(year, 0);
  const share = (time - begin) / (Date.UTC(year + 1, 0) - begin);
  return Math.round((year + share) * 1e5) / 1e5;
}

/** Names of properties that decide whether an item is recommended: a label of that name means something else. */
const namesOfOurs: ReadonlySet<string> = new Set([
  "hidden",
  "deleted",
  "from",
  "until",
  "categories",
]);

/** Properties as they are put together; what there is no room or name for is told. */
class LabelledProperties {
  readonly #kind: DescribedKind;
  readonly #onLeftOut: OnLeftOut;
  readonly #properties = new Map<string, Property>();

  constructor(kind: DescribedKind, onLeftOut: OnLeftOut) {
    this.#kind = kind;
    this.#onLeftOut = onLeftOut;
  }

  all(): Properties {
    return Object.fromEntries(this.#properties);
  }

  put(name: string, value: Property | undefined): void {
    if (value === undefined) return;
    const properties = this.#properties;
    if (properties.has(name) || properties.size < maxContextKeys) properties.set(name, value);
    else this.#onLeftOut(`a label beyond ${maxContextKeys} properties of an ${this.#kind}`);
  }

  putText(name: string, value: unknown, path: string): void {
    this.put(name, kept(value, path, this.#onLeftOut));
  }

  /** A list is the property `ofList`; an object has properties, those of inner objects under `outer.inner`. */
  putLabels(labels: unknown, ofList: string): void {
    if (isObject(labels)) this.#putObject(labels, "");
    else this.put(ofList, valueOf(labels, "Labels", this.#onLeftOut));
  }

  #putObject(labels: Fields, outer: string): void {
    for (const [name, given] of Object.entries(labels)) {
      const path = outer + name;
      if (isObject(given)) {
        this.#putObject(given, `${path}.`);
        continue;
      }
      const value = valueOf(given, `Labels.${renderText(path)}`, this.#onLeftOut);
      const key = this.#isTaken(path, value) ? `labels.${path}` : path;
      if (isContextKey(key)) this.put(key, value);
      else this.#onLeftOut("a label whose name is empty or longer than 128 characters");
    }
  }

  #isTaken(name: string, value: Property | undefined): boolean {
    if (this.#kind !== "item") return false;
    return namesOfOurs.has(name) || (name === "artist" && !isName(value));
  }
}

function valueOf(value: unknown, path: string, onLeftOut: OnLeftOut): string | number | undefined {
  if (typeof value === "boolean") return Number(value);
  return Array.isArray(value) ? joined(value, path, onLeftOut) : kept(value, path, onLeftOut);
}

/** A list of texts as one, with `|` between them: a text that has one itself is left. */
function joined(list: unknown, path: string, onLeftOut: OnLeftOut): string | number | undefined {
  if (isAbsent(list)) return undefined;
  if (!Array.isArray(list)) {
    onLeftOut(`${path} that is no list`);
    return undefined;
  }
  if (list.length > 0 && list.every((part) => typeof part === "number")) {
    onLeftOut(`${path}: a list of numbers`);
    return undefined;
  }
  const parts = list.filter((part): part is string => {
    const isPart = typeof part === "string" && part !== "" && !part.includes("|");
    if (!isPart) onLeftOut(`${path}: a part that is no text, is empty, or has | in it`);
    return isPart;
  });
  return kept(parts.join("|"), path, onLeftOut);
}

/** A text or number that `context` takes; an empty text says nothing. */
function kept(value: unknown, path: string, onLeftOut: OnLeftOut): string | number | undefined {
  if (isAbsent(value) || value === "") return undefined;
  if (isContextValue(value)) return value;
  onLeftOut(`${path} that is no text of at most 2,048 characters, and no number`);
  return undefined;
}

function refused(index: number, field: string, came: unknown, allowed: string): ParsedEvent {
  return { ok: false, refusal: { index, field, came: renderValue(came), allowed } };
}

const gorseNames: Readonly<Record<string, string>> = {
  type: "FeedbackType",
  account: "UserId",
  item: "ItemId",
  time: "Timestamp",
  value: "Value",
};

/** By the names of the fields that its sender knows. */
export function inGorseNames(refusal: Refusal): Refusal {
  const { field } = refusal;
  return { ...refusal, field: Object.hasOwn(gorseNames, field) ? gorseNames[field] : field };
}
