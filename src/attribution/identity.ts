/**
 * Who is credited together. The SQL of `tables/` follows these rules, and its tests compare the two.
 *
 * - An event with an account is that account's.
 * - An event of a session alone is of the account that logs in in that session (an event with both says so): the first at or after the
 *   event, else the last before it; of several at one time the smallest, as UTF-8 bytes. A session that never logs in is an identity of
 *   its own, apart from an account of the same name.
 * - Linked accounts are one, transitively and for all times: the smallest, as UTF-8 bytes.
 * - With persons: an account's session that the table has is of that person of the account; all else of the account is of nobody known.
 */
import { compareUtf8 } from "../core/index.ts";

/** An account logged in in a session. */
export interface Login {
  readonly time: number;
  readonly account: string;
}

/** The account of an event of a session alone. @param logins of the session, in any order. */
export function accountAt(logins: readonly Login[], time: number): string | undefined {
  let best: Login | undefined;
  for (const login of logins) if (best === undefined || isNearer(login, best, time)) best = login;
  return best?.account;
}

function isNearer(login: Login, best: Login, time: number): boolean {
  if (login.time === best.time) return compareUtf8(login.account, best.account) < 0;
  const isAfter = login.time >= time;
  if (isAfter !== best.time >= time) return isAfter;
  return isAfter ? login.time < best.time : login.time > best.time;
}

/** Accounts that are one: a union of sets, each known by its smallest member. */
export class LinkedAccounts {
  readonly #parents = new Map<string, string>();

  link(one: string, other: string): void {
    const [a, b] = [this.of(one), this.of(other)];
    if (a === b) return;
    const isOrdered = compareUtf8(a, b) < 0;
    this.#parents.set(isOrdered ? b : a, isOrdered ? a : b);
  }

  /** The account that stands for it. */
  of(account: string): string {
    let root = account;
    for (let up = this.#parents.get(root); up !== undefined; up = this.#parents.get(root))
      root = up;
    for (let at = account; at !== root; ) {
      const up = this.#parents.get(at) ?? root;
      this.#parents.set(at, root);
      at = up;
    }
    return root;
  }

  /** All that another one stands for. */
  *entries(): Generator<[account: string, representative: string]> {
    for (const account of this.#parents.keys()) yield [account, this.of(account)];
  }
}

/** Stands between an account and the number of its person; no report splits it. */
export const personMark = " / person ";

/** The name of a history. @param person undefined: nobody known. */
export function keyOf(account: string, person: number | undefined): string {
  return person === undefined ? account : `${account}${personMark}${person}`;
}
