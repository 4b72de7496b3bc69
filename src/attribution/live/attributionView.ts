import { ByteReader, ByteWriter, dayMs } from "../../core/index.ts";
import {
  engineEventTypes,
  eventKey,
  type LogRecord,
  type Offsets,
  ReadOffsets,
  type SnapshotSink,
  type SnapshotSource,
  type View,
} from "../../event/index.ts";
import { AttributionState, type AttributionStateOptions } from "./attributionState.ts";

export interface AttributionViewOptions extends AttributionStateOptions {
  readonly partitionCount: number;
  /** Conversions are kept, and reported, for so long; late ones are taken up to then. Ms. */
  readonly conversionsMs: number;
  /** The longest that a touch may be before a conversion, ms. Touches are kept for both together. */
  readonly lookbackMs: number;
}

/**
 * Who converted and what came before, as the log tells it.
 *
 * ```
 * log time − conversionsMs − lookbackMs      log time − conversionsMs              log time
 *   |  touches                                  |  touches and conversions            |
 * ```
 *
 * So a conversion that is kept has all its touches, however late it or they come. With each new day of the log, what is older goes:
 * reports cover the last `conversionsMs`, and up to a day more. An event without an id has that of its record: `line:OFFSET`.
 */
export class AttributionView implements View {
  readonly state: AttributionState;
  readonly #read: ReadOffsets;
  readonly #options: AttributionViewOptions;
  #logTime = 0;

  constructor(options: AttributionViewOptions) {
    this.#options = options;
    this.#read = new ReadOffsets(options.partitionCount);
    this.state = new AttributionState(options);
  }

  get offsets(): Offsets {
    return this.#read.next;
  }

  /** Of the newest record, epoch milliseconds; 0 before the first. */
  get logTime(): number {
    return this.#logTime;
  }

  apply(record: LogRecord): void {
    if (!this.#read.take(record)) return;
    const { event, logTime, offset } = record;
    const isNewDay = Math.floor(logTime / dayMs) > Math.floor(this.#logTime / dayMs);
    this.#logTime = Math.max(this.#logTime, logTime);
    if (isNewDay) this.#letGo();
    if (event.type === "erase") this.state.erase(eventKey(event));
    else if (!isIgnored.has(event.type)) this.state.apply(event, offset);
  }

  save(sink: SnapshotSink): void {
    const head = new ByteWriter();
    this.#read.save(head);
    head.f64(this.#logTime);
    sink.write("attribution", head.bytes());
    this.state.save(sink);
  }

  restore(source: SnapshotSource): void {
    const head = new ByteReader(source.read("attribution"), "attribution");
    this.#read.restore(head);
    this.#logTime = head.f64();
    head.end();
    this.state.restore(source);
  }

  #letGo(): void {
    const { conversionsMs, lookbackMs } = this.#options;
    const conversions = this.#logTime - conversionsMs;
    this.state.letGo({ conversions, touches: conversions - lookbackMs });
  }
}

/** The engine's own, but for those that say whose what is. */
const isIgnored: ReadonlySet<string> = new Set(
  engineEventTypes.filter((type) => type !== "person_assigned" && type !== "account_set"),
);
