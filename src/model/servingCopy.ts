import {
  type Drain,
  type EmbeddingTable,
  MemorySections,
  type TableFollower,
} from "../embedding/index.ts";
import type { Feature, OnlineModel } from "./onlineModel.ts";

/** What one synchronisation took. */
export interface Synchronised {
  /** Rows that came because they changed, of all slots. */
  readonly rowCount: number;
  /** Ids that were told as gone, or as come anew. */
  readonly removedCount: number;
  /** Of the bias and the network; 0 where they were left as they are. */
  readonly denseBytes: number;
}

interface FollowedSlot {
  readonly follower: TableFollower;
  readonly table: EmbeddingTable;
}

/**
 * A copy of a model that serves, and lags behind the model that learns: it takes what changed when it
 * is told to.
 *
 * ```
 * trained model   rows that changed, ids that went ──► copy      every synchronisation
 *                 bias, network (dense)            ──► copy      at a pace of their own
 * ```
 *
 * Only what changed since the last one is moved, and acknowledged when all of it is there: if one fails
 * half-way, all of it comes again with the next. After a synchronisation with its dense part the copy
 * predicts what the model predicts, to the bit; until the next, what it predicted then.
 *
 * It is the model's one follower: a model has one such copy. Its memory is its own, rows with the room for
 * an optimiser's state that it does not use. The thread of the model is that of the copy's `synchronise`;
 * any other may predict from models attached to the copy's.
 *
 * Source: Liu et al., "Monolith", arXiv 2209.07663, section 2.2.3.
 *
 * @example
 * const copy = new ServingCopy(model, FactorisationMachine.create(otherArena, sameOptions));
 * copy.synchronise();
 * model.learnOne({ features, label: 1 }, now);
 * copy.predictOne(features); // as before that step, until the next `synchronise`
 */
export class ServingCopy {
  readonly #trained: OnlineModel;
  readonly #copy: OnlineModel;
  readonly #slots: readonly FollowedSlot[];

  /**
   * Takes nothing yet: before the first `synchronise` the copy is as it came.
   *
   * @param copy a new model with the options of `trained`, in any arena; not to be taught any more.
   */
  constructor(trained: OnlineModel, copy: OnlineModel) {
    this.#trained = trained;
    this.#copy = copy;
    this.#slots = Object.entries(trained.tables).map(([slot, table]) => ({
      follower: table.follow(),
      table: copy.tables[slot],
    }));
  }

  /**
   * Takes all that changed since the last time. O(rows of the model), of which few bytes are read unless they
   * changed.
   *
   * @param options.dense also the bias and the network; default true.
   * @throws FoldbackError TABLE_FULL when the copy has no room: then it has some of it, and all comes again.
   */
  synchronise(options: { readonly dense?: boolean } = {}): Synchronised {
    const drains = this.#slots.map(({ follower, table }) => ({ drain: follower.drain(), table }));
    let [rowCount, removedCount] = [0, 0];
    try {
      for (const { drain, table } of drains) {
        removedCount += drain.removed.length;
        rowCount += take(drain, table);
      }
    } catch (error) {
      for (const { drain } of drains) drain.giveBack();
      throw error;
    }
    for (const { drain } of drains) drain.acknowledge();
    const denseBytes = options.dense === false ? 0 : this.synchroniseDense();
    return { rowCount, removedCount, denseBytes };
  }

  /** Takes the bias and the network alone, under rows of before. @returns their bytes. */
  synchroniseDense(): number {
    const sections = new MemorySections();
    this.#trained.saveDense(sections);
    this.#copy.restoreDense(sections);
    return sections.sizeBytes;
  }

  /** The logit, as of the last synchronisation. */
  predictOne(features: readonly Feature[]): number {
    return this.#copy.predictOne(features);
  }
}

/** @returns rows taken. */
function take(drain: Drain, table: EmbeddingTable): number {
  let rowCount = 0;
  for (const key of drain.removed) table.remove(key);
  for (const { keys, vectors, weights } of drain.rows()) {
    // Its ids are given up when the model's are, not by a clock of the copy's.
    table.assign(keys, vectors, weights, 0);
    rowCount += keys.length;
  }
  return rowCount;
}
