/**
 * How long requests wait for each other.
 *
 * What has come over all connections since the event loop looked last is handled in one turn of it, one after the
 * other: a request that is begun late in a turn has waited since its beginning. So waiting is known where nothing else
 * shows it, as requests queue in the system's buffers, before any code of ours sees them.
 */
export class Turn {
  #beganMs: number | undefined;

  /** Of a request that is begun now: how long it has waited at least, in ms. */
  waitedMs(): number {
    const now = performance.now();
    if (this.#beganMs === undefined) {
      this.#beganMs = now;
      setImmediate(() => {
        this.#beganMs = undefined;
      });
    }
    return now - this.#beganMs;
  }
}
