import { PassThrough, type Readable } from "node:stream";
import { FoldbackError } from "../core/index.ts";

/** A page, an operator or two, a script: more is a mistake, and each costs a connection. */
const listenersMax = 64;
const everyMs = 1000;

interface Listener {
  readonly stream: PassThrough;
  /** Readings until it ends; Infinity: nobody said. */
  left: number;
}

/**
 * A reading a second, as server-sent events, to whoever listens: made once a second for all of them, and not at all
 * where nobody listens.
 *
 * Who reads too slowly misses readings, and is not sent old ones: nothing queues up.
 */
export class LiveFeed {
  readonly #reading: () => object;
  readonly #listeners = new Set<Listener>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(reading: () => object) {
    this.#reading = reading;
  }

  /**
   * The first reading is of now. The stream ends after so many, or with the feed.
   *
   * @throws FoldbackError OVERLOADED beyond 64 listeners; CLOSED.
   */
  listen(readings = Number.POSITIVE_INFINITY): Readable {
    if (this.#isClosed) throw new FoldbackError("CLOSED", "the service is stopping");
    if (this.#listeners.size >= listenersMax) {
      throw new FoldbackError(
        "OVERLOADED",
        `${this.#listeners.size} listen already; allowed: ${listenersMax}. Close one, or ask /readyz now and then`,
        { details: { listenersMax } },
      );
    }
    const listener = { stream: new PassThrough(), left: readings };
    this.#listeners.add(listener);
    listener.stream.once("close", () => this.#leave(listener));
    this.#timer ??= setInterval(() => this.#tell(), everyMs).unref();
    this.#send(listener, eventOf(this.#reading()));
    return listener.stream;
  }

  /** Ends all streams, and takes no listeners any more. */
  close(): void {
    this.#isClosed = true;
    for (const { stream } of this.#listeners) stream.end();
  }

  #tell(): void {
    const event = eventOf(this.#reading());
    for (const listener of this.#listeners) this.#send(listener, event);
  }

  #send(listener: Listener, event: string): void {
    const { stream } = listener;
    if (stream.writableEnded || stream.writableNeedDrain) return;
    stream.write(event);
    if (--listener.left <= 0) stream.end();
  }

  #leave(listener: Listener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** JSON has no line breaks of its own, so one line is all of it. */
function eventOf(reading: object): string {
  return `data: ${JSON.stringify(reading)}\n\n`;
}
