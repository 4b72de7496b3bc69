import type { KeyValues } from "../storage/index.ts";

/** A key-value store in memory; what is put stays, also for a joiner that goes back in time. */
export class MemoryKeyValues implements KeyValues {
  readonly values = new Map<string, Uint8Array>();
  readonly waitingCount = 0;
  getCount = 0;

  get(key: string): Uint8Array | undefined {
    this.getCount++;
    return this.values.get(key);
  }

  put(key: string, value: Uint8Array): void {
    this.values.set(key, value.slice());
  }

  async flush(): Promise<void> {}

  async removeBelow(key: string): Promise<void> {
    for (const old of this.values.keys()) if (old < key) this.values.delete(old);
  }

  async close(): Promise<void> {}
}
