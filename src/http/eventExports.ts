import { Readable } from "node:stream";
import { FoldbackError } from "../core/index.ts";
import type { EventLinesRequest } from "../engine/index.ts";

/** Each goes through the whole log, at half of the thread at most. */
const exportsMax = 2;

/**
 * Events as streams of lines, for whoever takes the log along. Who reads slowly is waited for; who leaves ends the reading.
 */
export class EventExports {
  readonly #lines: (request: EventLinesRequest) => AsyncIterable<string>;
  readonly #underWay = new Set<Readable>();

  constructor(lines: (request: EventLinesRequest) => AsyncIterable<string>) {
    this.#lines = lines;
  }

  /** @throws FoldbackError OVERLOADED beyond two at a time. */
  begin(request: EventLinesRequest): Readable {
    if (this.#underWay.size >= exportsMax) {
      throw new FoldbackError(
        "OVERLOADED",
        `${this.#underWay.size} exports are under way; allowed: ${exportsMax}. Begin another when one has ended`,
        { details: { exportsMax } },
      );
    }
    // As bytes: of objects, a stream would count how many wait, and not how long they are.
    const stream = Readable.from(this.#lines(request), { objectMode: false });
    this.#underWay.add(stream);
    stream.once("close", () => this.#underWay.delete(stream));
    return stream;
  }

  /** Breaks off those under way: what was sent of them has no end, which its reader sees. */
  close(): void {
    for (const stream of this.#underWay) {
      stream.destroy(new FoldbackError("CLOSED", "the service is stopping"));
    }
  }
}
