import type { FoldbackError } from "../../core/index.ts";
import type { Offset } from "../../event/index.ts";
import type { AppendResult } from "../log.ts";

/** What the copy has made of a stretch of the topic: one entry an offset, -1 where it was dropped. */
interface Stretch {
  readonly from: Offset;
  readonly offsets: readonly Offset[];
}

interface Append {
  /** Where the copy was when it began: what it appends stands there or after it. */
  readonly since: Offset;
  base: Offset;
  count: number;
  resolve: (result: AppendResult) => void;
  reject: (error: unknown) => void;
}

/**
 * Tells each append what has become of its events, once the copy has taken them: the copy may have them before the
 * append knows their offsets, and has others' in between. Remembers no more than what came since the oldest append
 * under way began.
 */
export class TakenOffsets {
  readonly #stretches: Stretch[] = [];
  readonly #underWay = new Set<Append>();
  #next: Offset;
  #failure: FoldbackError | undefined;

  constructor(next: Offset) {
    this.#next = next;
  }

  /** An append begins: what it appends is not in the copy yet. */
  begin(): Append {
    const append = { since: this.#next, base: Infinity, count: 0, resolve: none, reject: none };
    this.#underWay.add(append);
    return append;
  }

  /** Resolves once the copy has what the append put at `base`. */
  result(append: Append, base: Offset, count: number): Promise<AppendResult> {
    append.base = base;
    append.count = count;
    return new Promise((resolve, reject) => {
      append.resolve = resolve;
      append.reject = reject;
      if (this.#failure !== undefined) reject(this.#failure);
      else this.#settle(append);
    });
  }

  /** The append is over, whatever its end. */
  end(append: Append): void {
    this.#underWay.delete(append);
    const [oldest] = this.#underWay;
    const since = oldest?.since ?? Infinity;
    let done = 0;
    for (const { from, offsets } of this.#stretches) {
      if (from + offsets.length > since) break;
      done++;
    }
    if (done > 0) this.#stretches.splice(0, done);
  }

  /** The copy has taken the offsets from `from` on. */
  take(from: Offset, offsets: readonly Offset[]): void {
    this.#next = from + offsets.length;
    if (this.#underWay.size === 0) return;
    this.#stretches.push({ from, offsets });
    for (const append of this.#underWay) this.#settle(append);
  }

  /** The copy takes nothing any more. */
  fail(error: FoldbackError): void {
    this.#failure = error;
    for (const { reject } of this.#underWay) reject(error);
  }

  #settle({ base, count, resolve }: Append): void {
    if (base + count > this.#next) return;
    const offsets: Offset[] = [];
    for (const stretch of this.#stretches) {
      const start = Math.max(0, base - stretch.from);
      const end = Math.max(0, base + count - stretch.from);
      for (const offset of stretch.offsets.slice(start, end)) offsets.push(offset);
    }
    resolve({ offsets, duplicateCount: offsets.filter((offset) => offset === -1).length });
  }
}

function none(): void {
  // Until its result is asked for, nobody waits.
}
