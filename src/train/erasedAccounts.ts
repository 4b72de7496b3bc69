import { ByteReader, ByteWriter } from "../core/index.ts";

export interface ErasedAccount {
  /** As the models know it. */
  readonly account: bigint;
  /** Examples that were asked about before it was erased: of them nothing of it is learned any more. */
  readonly askedCount: number;
  /** Log time, epoch milliseconds, when none of them can wait any longer. */
  readonly until: number;
}

/** Accounts that were erased while examples of theirs may still wait. A function of the log. */
export class ErasedAccounts {
  /** In the order of their coming, which is that of `until`. */
  #accounts: ErasedAccount[] = [];

  get isEmpty(): boolean {
    return this.#accounts.length === 0;
  }

  add(erased: ErasedAccount): void {
    this.#accounts.push(erased);
  }

  /** Whether the account was erased after the example of that index was asked about. */
  has(account: bigint, index: number): boolean {
    return this.#accounts.some((it) => it.account === account && index < it.askedCount);
  }

  forgetUntil(logTime: number): void {
    if (!this.isEmpty && this.#accounts[0].until <= logTime)
      this.#accounts = this.#accounts.filter(({ until }) => until > logTime);
  }

  save(): Uint8Array {
    const writer = new ByteWriter();
    writer.array(BigUint64Array.from(this.#accounts, ({ account }) => account));
    for (const { askedCount, until } of this.#accounts) {
      writer.f64(askedCount);
      writer.f64(until);
    }
    return writer.bytes();
  }

  restore(bytes: Uint8Array): void {
    const reader = new ByteReader(bytes, "erased");
    const accounts = reader.array(BigUint64Array);
    this.#accounts = Array.from(accounts, (account) => ({
      account,
      askedCount: reader.f64(),
      until: reader.f64(),
    }));
    reader.end();
  }
}
