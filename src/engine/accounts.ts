import { FoldbackError } from "../core/index.ts";
import type { Properties } from "../event/index.ts";
import type { StreamState } from "../features/index.ts";
import { checkLimit } from "./catalogue.ts";

/** An account, and what it is said to be like. */
export interface DescribedAccount {
  readonly account: string;
  /** What the latest `account_set` said of it. */
  readonly properties: Properties;
}

export interface AccountsPage {
  readonly accounts: readonly DescribedAccount[];
  /** Give it as `after` for the next page; not there after the last. */
  readonly next?: string;
}

export interface SimilarAccount {
  readonly account: string;
  /** Cosine of what both wanted lately; above 0, at most 1. */
  readonly score: number;
}

export interface AccountsRequest {
  /** The `next` of the page before; from the beginning without. */
  readonly after?: string;
  /** 1 to 1000. */
  readonly limit: number;
}

/** Undefined of an account that nothing is said of. */
export function describedAccount(
  state: StreamState,
  account: string,
): DescribedAccount | undefined {
  const properties = state.accounts.of(account);
  return properties && { account, properties };
}

/**
 * Accounts that have a description, in the order of when it was said. One that is described anew meanwhile comes
 * again at the end: who follows the pages to the end has seen all that had one all the while.
 *
 * @throws FoldbackError REQUEST_INVALID.
 */
export function accountsPage(state: StreamState, { after, limit }: AccountsRequest): AccountsPage {
  checkLimit(limit);
  if (after !== undefined && !/^\d{1,15}$/.test(after)) {
    throw new FoldbackError(
      "REQUEST_INVALID",
      `after is ${JSON.stringify(after.slice(0, 80))}; allowed: the next of a page`,
      { details: { parameter: "after" } },
    );
  }
  const { accounts, next } = state.accounts.page(
    limit,
    after === undefined ? undefined : Number(after),
  );
  return { accounts, ...(next === undefined ? {} : { next: String(next) }) };
}
