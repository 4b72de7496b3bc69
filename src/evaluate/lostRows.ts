import { assert, hash64 } from "../core/index.ts";
import type { OnlineModel } from "../model/index.ts";

/** Which rows of a model a failure takes back. */
export interface LostRows {
  /** In which slots. */
  readonly slots: readonly string[];
  /** Of how many shards, by a hash of the id. */
  readonly shardCount: number;
  /** Which of them fails, from 0. */
  readonly shard: number;
}

/** The shard that an id belongs to, the same in all slots. */
export function shardOfId(id: bigint, shardCount: number): number {
  return Number(hash64(id.toString()) % BigInt(shardCount));
}

/**
 * Makes rows of a model what they are in another one, with the state of their optimisers: ids that it does not
 * have go, those that it has and the model has not come back. The bias and the network stay.
 *
 * @param old the model as it was. @returns how many ids changed or went.
 */
export function loseRows(model: OnlineModel, old: OnlineModel, lost: LostRows): number {
  const { shardCount, shard } = lost;
  const isLost = ({ key }: { readonly key: bigint }): boolean =>
    shardOfId(key, shardCount) === shard;
  let count = 0;
  for (const slot of lost.slots) {
    const [table, oldTable] = [model.tables[slot], old.tables[slot]];
    assert(table !== undefined && oldTable !== undefined, "both models have the slot");
    for (const { key } of [...table.entries()].filter(isLost)) {
      table.remove(key);
      count++;
    }
    for (const entry of oldTable.entries()) if (isLost(entry)) table.putBack(entry);
  }
  return count;
}
