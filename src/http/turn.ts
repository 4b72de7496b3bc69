/**
 * How long requests wait for each other.
 *
 * What has come over all connections since the event loop looked last is handled in one turn of it, one after the
 * other: a request that is begun late in a turn has waited since its beginning. So waiting is known where nothing else
 * shows it, as requests queue in the system's buffers, before any code of ours sees them.
 *
 * Several services of one process take part in the same turns. Who fills a turn makes the others wait, so each is owed
 * an even share of the requests that are taken in it, however late its own come.
 */
export class Turn {
  #beganMs: number | undefined;
  #number = 0;
  #taken = 0;
  #sharers = 0;

  /** Of a request that is begun now: how long it has waited at least, in ms. */
  waitedMs(): number {
    const now = performance.now();
    if (this.#beganMs === undefined) {
      this.#beganMs = now;
      this.#number++;
      this.#taken = 0;
      this.#sharers = 0;
      setImmediate(() => {
        this.#beganMs = undefined;
      });
    }
    return now - this.#beganMs;
  }

  /** A request of the share was taken, after it was asked how long it has waited. */
  take(share: TurnShare): void {
    if (share.turnNumber !== this.#number) {
      share.turnNumber = this.#number;
      share.taken = 0;
      this.#sharers++;
    }
    share.taken++;
    this.#taken++;
  }

  /** Whether fewer requests of the share were taken in this turn than of all shares on average. */
  owes(share: TurnShare): boolean {
    const isNew = share.turnNumber !== this.#number;
    const taken = isNew ? 0 : share.taken;
    return taken * (this.#sharers + Number(isNew)) < this.#taken;
  }
}

/** What one service has of a turn. */
export class TurnShare {
  turnNumber = -1;
  taken = 0;
}

/** There is one event loop, whatever is served from it. */
export const turn = new Turn();
