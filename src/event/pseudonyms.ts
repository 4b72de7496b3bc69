import { createHmac } from "node:crypto";
import { type Event, linkedAccount } from "./event.ts";

/** Characters of base64url: 132 bits, so that of 10^15 names no two are likely to meet. */
const digestLength = 22;
const pattern = /^~[\w-]{22}$/;

/** Names remembered; then they are forgotten together. */
const rememberedMax = 50_000;

/**
 * Keyed hashes in the place of names: HMAC-SHA-256 under a key, as `~` and 22 characters.
 *
 * The same name has the same pseudonym as an account, a session or a device, so whatever was equal still is. Without the key nobody can find
 * a name again, also not by trying all of them. A pseudonym stays what it is, so that one that the engine told can be asked for.
 */
export class Pseudonyms {
  readonly #key: Buffer | undefined;
  readonly #known = new Map<string, string>();

  /** @param key undefined: names stay as they come. */
  constructor(key: Buffer | undefined) {
    this.#key = key;
  }

  /** Whether names are replaced at all. */
  get areUsed(): boolean {
    return this.#key !== undefined;
  }

  of(name: string): string {
    if (this.#key === undefined || pattern.test(name)) return name;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const digest = createHmac("sha256", this.#key).update(name).digest("base64url");
    const pseudonym = `~${digest.slice(0, digestLength)}`;
    if (this.#known.size >= rememberedMax) this.#known.clear();
    this.#known.set(name, pseudonym);
    return pseudonym;
  }

  /** The event without the names of its account, session and device, and of an account that it links; nothing of what came is changed. */
  inEvent(event: Event): Event {
    if (this.#key === undefined) return event;
    const { account, session, device } = event;
    const linked = linkedAccount(event);
    // The keys of an event are in their order, whoever it is of: what is there is replaced where it stands.
    return {
      ...event,
      ...(account !== undefined && { account: this.of(account) }),
      ...(session !== undefined && { session: this.of(session) }),
      ...(device !== undefined && { device: this.of(device) }),
      ...(linked !== undefined && { context: { ...event.context, account: this.of(linked) } }),
    };
  }

  inEvents(events: readonly Event[]): readonly Event[] {
    return this.#key === undefined ? events : events.map((event) => this.inEvent(event));
  }
}
