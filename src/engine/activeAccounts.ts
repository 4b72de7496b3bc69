import { TopList } from "../core/index.ts";
import type { StreamState } from "../features/index.ts";

/** An account, or an anonymous session, that did something with items. */
export interface ActiveAccount {
  readonly account: string;
  /** Items that it had. */
  readonly items: number;
  /** Event time of its latest event about an item, epoch milliseconds. */
  readonly lastTime: number;
}

export interface AccountHistoryReport {
  readonly account: string;
  /** Items that it had, also those that are not listed. */
  readonly count: number;
  /** Null: it did nothing. */
  readonly lastTime: number | null;
  /** The latest first. */
  readonly items: readonly {
    readonly item: string;
    readonly title?: string;
    /** Whether it is among the last 64 that it wanted. */
    readonly isWanted: boolean;
  }[];
}

/** Looked at within a few milliseconds; beyond, accounts are found by their whole name alone. */
const lookedAtMax = 200_000;

/** Those whose name begins so, the latest active first. O(accounts), of at most the first 200,000. */
export function activeAccounts(
  { histories }: StreamState,
  { prefix = "", limit }: { readonly prefix?: string; readonly limit: number },
): ActiveAccount[] {
  const top = new TopList(limit);
  top.begin(limit);
  const end = Math.min(histories.slotCount, lookedAtMax);
  for (let slot = 0; slot < end; slot++) {
    const { lastTime } = histories.at(slot);
    if (Number.isNaN(lastTime)) continue;
    if (histories.nameAt(slot).startsWith(prefix)) top.add(slot, lastTime);
  }
  return Array.from(top.take(), (slot) => {
    const { had, lastTime } = histories.at(slot);
    return { account: histories.nameAt(slot), items: had.length, lastTime };
  });
}

/** What an account had, the latest `limit` items. */
export function accountHistory(
  { histories, items }: StreamState,
  account: string,
  limit: number,
): AccountHistoryReport {
  const { had, wanted, lastTime } = histories.of(account);
  const isWanted = new Set(wanted);
  return {
    account,
    count: had.length,
    lastTime: Number.isNaN(lastTime) ? null : lastTime,
    items: had
      .slice(-limit)
      .reverse()
      .map((item) => {
        const title = items.titleOf(item);
        return {
          item: items.nameOf(item),
          ...(title === "" ? {} : { title }),
          isWanted: isWanted.has(item),
        };
      }),
  };
}
