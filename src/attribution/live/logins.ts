import {
  type ByteReader,
  type ByteWriter,
  compareUtf8,
  type SharedTexts,
} from "../../core/index.ts";
import { firstNot, insertedAt } from "./sorted.ts";

/** So many are kept of a session, 16 bytes each. A session is nearly always one account's, and then one would do. */
const loginsMax = 128;

/**
 * When which accounts logged in in a session: an event with both says so.
 *
 * What the session did without an account is of the first to log in at that time or after, else of the last before; of several at one
 * time, of the smallest name, as UTF-8 bytes. The rules of `identity.ts`, for logins that come one by one.
 */
export class Logins {
  /** In order; at the same time by account, as UTF-8 bytes. */
  #times: number[] = [];
  #accounts: string[] = [];

  get first(): number | undefined {
    return this.#times[0];
  }

  get last(): number | undefined {
    return this.#times.at(-1);
  }

  /**
   * Beyond the limit one goes that stands between two of the same account, else the oldest. That changes the account of no event, unless
   * another account's login in between comes late.
   *
   * @returns whether it is new.
   */
  note(time: number, account: string): boolean {
    let at = firstNot(this.#times, (one) => one < time);
    while (this.#times[at] === time && compareUtf8(this.#accounts[at], account) < 0) at++;
    if (this.#times[at] === time && this.#accounts[at] === account) return false;
    this.#times = insertedAt(this.#times, time, at);
    this.#accounts = insertedAt(this.#accounts, account, at);
    if (this.#times.length > loginsMax) {
      const accounts = this.#accounts;
      const between = accounts.findIndex(
        (one, i) => one === accounts[i - 1] && one === accounts[i + 1],
      );
      this.#times.splice(Math.max(between, 0), 1);
      accounts.splice(Math.max(between, 0), 1);
    }
    return true;
  }

  /** Whose an event of that time is; undefined where nobody logged in. */
  accountAt(time: number): string | undefined {
    const next = firstNot(this.#times, (one) => one < time);
    if (next < this.#times.length) return this.#accounts[next];
    return this.#accounts[this.#times.indexOf(this.#times[next - 1])];
  }

  has(account: string): boolean {
    return this.#accounts.includes(account);
  }

  forget(account: string): void {
    for (let at = this.#accounts.length - 1; at >= 0; at--) {
      if (this.#accounts[at] !== account) continue;
      this.#times.splice(at, 1);
      this.#accounts.splice(at, 1);
    }
  }

  /** How many may go that say nothing of events from that time on. */
  spentBefore(time: number): number {
    return Math.max(0, firstNot(this.#times, (one) => one < time) - 1);
  }

  dropFirst(count: number): void {
    this.#times.splice(0, count);
    this.#accounts.splice(0, count);
  }

  save(writer: ByteWriter): void {
    writer.array(Float64Array.from(this.#times));
    for (const account of this.#accounts) writer.text(account);
  }

  static restore(reader: ByteReader, texts: Pick<SharedTexts, "of">): Logins {
    const logins = new Logins();
    logins.#times = [...reader.array(Float64Array)];
    logins.#accounts = logins.#times.map(() => texts.of(reader.text()));
    return logins;
  }
}
