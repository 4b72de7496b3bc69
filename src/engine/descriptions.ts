import {
  type DescribedKind,
  descriptionIn,
  type Event,
  type Properties,
  type Property,
} from "../event/index.ts";
import type { StreamState } from "../features/index.ts";
import { catalogueItem } from "./catalogue.ts";

interface UnderWay {
  /** Of the latest. */
  properties: Properties;
  count: number;
}

/**
 * What items and accounts were said to be like last, on disk or on the way there: a change that begins from what
 * is known must not begin from what another one is about to replace.
 *
 * Events that are appended by one process come into the log in the order of the calls. So whoever asks for the
 * latest, and appends without waiting in between, has replaced just what it has seen.
 */
export class Descriptions {
  readonly #state: StreamState;
  /** Those that serving has not applied yet. */
  readonly #underWay = new Map<string, UnderWay>();

  constructor(state: StreamState) {
    this.#state = state;
  }

  /** Undefined where it has no description. Where the append of the latest fails, it was never one. */
  latest(kind: DescribedKind, name: string): Properties | undefined {
    const coming = this.#underWay.get(keyOf(kind, name))?.properties;
    if (coming !== undefined) return isNone(kind, coming) ? undefined : coming;
    if (kind === "account") return this.#state.accounts.of(name);
    return catalogueItem(this.#state, name)?.properties;
  }

  /** @param applied settles when they are applied, or never will be. */
  note(events: readonly Event[], applied: Promise<unknown>): void {
    const keys: string[] = [];
    for (const event of events) {
      const described = descriptionIn(event);
      if (described === undefined) continue;
      const key = keyOf(described.kind, described.name);
      const count = (this.#underWay.get(key)?.count ?? 0) + 1;
      this.#underWay.set(key, { properties: described.properties, count });
      keys.push(key);
    }
    if (keys.length === 0) return;
    const forget = (): void => {
      for (const key of keys) this.#forget(key);
    };
    applied.then(forget, forget);
  }

  #forget(key: string): void {
    const underWay = this.#underWay.get(key);
    if (underWay === undefined) return;
    underWay.count--;
    if (underWay.count === 0) this.#underWay.delete(key);
  }
}

/**
 * What a merge patch makes of properties: those that it gives are replaced, those that it has as null go, the others
 * stay.
 *
 * Source: RFC 7396, "JSON Merge Patch"; properties are flat.
 */
export function patched(
  properties: Properties | undefined,
  patch: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const result = new Map<string, unknown>(Object.entries<Property>(properties ?? {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name);
    else result.set(name, value);
  }
  return Object.fromEntries(result);
}

function keyOf(kind: DescribedKind, name: string): string {
  return `${kind} ${name}`;
}

function isNone(kind: DescribedKind, properties: Properties): boolean {
  if (kind === "account") return Object.keys(properties).length === 0;
  return (properties["deleted"] ?? 0) !== 0;
}
