/**
 * Events become records of the topic, and records of the topic become records of the log.
 *
 *   key     the account, else the session; none where the event has neither
 *   value   the event as JSON, UTF-8
 *   time    log time, before it is kept from going back
 *   header  `foldback: 1`: a node of ours checked the event before it wrote it
 *
 * A record without the header is somebody else's, and is parsed as an event over HTTP is: checked field by field, coordinates
 * replaced by their place. What the log makes of a record depends on the topic alone (and on the event types that the
 * config adds), so every node that reads it makes the same.
 */
import { FoldbackError } from "../../core/index.ts";
import {
  decodeEvent,
  type Event,
  encodeEvent,
  eventKey,
  type Offset,
  parseEvents,
} from "../../event/index.ts";
import { fingerprintBytes, recordHeaderBytes, writeRecordHeader, writeVoid } from "../batch.ts";
import { type EncodedCall, writeFingerprint } from "../callEncoder.ts";
import type { ProducedRecord, TopicRecord } from "./topicPartition.ts";

/** Log times are kept as differences of 48 bits. */
const timeMax = 2 ** 47;
/** So much is taken into one batch of the copy: a few milliseconds of disk. */
const takenBytesMax = 4 * 1024 * 1024;
/** An event that is blanked is not shorter than a blank one: `{"type":"erased","time":0}`. */
const payloadBytesMin = 26;

/** @param time log time of those whose own time is not to be it; in epoch milliseconds. */
export function recordsOf(
  events: readonly Event[],
  { time, timeOfEvents }: { time: number; timeOfEvents: boolean },
): ProducedRecord[] {
  return events.map((event) => recordOf(event, timeOfEvents ? event.time : time));
}

/** @param time its log time, as far as that does not go back. */
export function recordOf(event: Event, time: number): ProducedRecord {
  const key = eventKey(event);
  return {
    key: key === "" ? undefined : Buffer.from(key),
    value: Buffer.from(encodeEvent(event)),
    // Before 1970 nothing can be appended; the log's own times begin there as well.
    time: Math.max(0, Math.floor(time)),
  };
}

/** A record that is no event, and why. */
export interface Unreadable {
  readonly offset: Offset;
  readonly reason: string;
}

export interface TakenCall {
  readonly call: EncodedCall;
  /** How many of the topic's records are in it. */
  readonly count: number;
}

export class TopicDecoder {
  readonly #options: {
    readonly eventTypes: ReadonlySet<string>;
    readonly partitionOf: (event: Event) => number;
    readonly onUnreadable: (record: Unreadable) => void;
  };
  #scratch = Buffer.allocUnsafe(64 * 1024);
  #position = 0;

  /** @param options `partitionOf` is the copy's own; `eventTypes` those that the config adds to the known ones. */
  constructor(options: {
    eventTypes: ReadonlySet<string>;
    partitionOf: (event: Event) => number;
    onUnreadable: (record: Unreadable) => void;
  }) {
    this.#options = options;
  }

  /**
   * The records from `records[begin]` on, as the log takes them from offset `from` on: an offset without a record, or
   * with one that is no event, becomes a void. Stops after some megabytes.
   */
  decode(records: readonly TopicRecord[], begin: number, from: Offset): TakenCall {
    const starts = [0];
    const times: number[] = [];
    const end = (time: number): void => {
      starts.push(this.#position);
      times.push(time);
    };
    this.#position = 0;
    let offset = from;
    let index = begin;
    while (index < records.length && this.#position < takenBytesMax) {
      const record = records[index];
      if (offset < record.offset) {
        this.#void();
        end(0);
      } else {
        const event = this.#eventOf(record);
        if (event === undefined) this.#void();
        else this.#record(event, record);
        end(Math.min(Math.max(0, record.time), timeMax - 1));
        index++;
      }
      offset++;
    }
    const bytes = Buffer.from(this.#scratch.subarray(0, this.#position));
    const call = { bytes, starts: Uint32Array.from(starts), times: Float64Array.from(times) };
    return { call, count: index - begin };
  }

  #eventOf(record: TopicRecord): Event | undefined {
    const { offset, value, isOurs } = record;
    try {
      if (value === undefined) throw unreadable("it has no value");
      return isOurs ? ownEvent(value) : this.#parse(record, value);
    } catch (error) {
      if (!(error instanceof SyntaxError) && !(error instanceof FoldbackError)) throw error;
      this.#options.onUnreadable({ offset, reason: error.message });
      return undefined;
    }
  }

  #parse({ time }: TopicRecord, value: Buffer): Event {
    // No clock: an event is from the future if it was when it was written.
    const now = time < 0 ? timeMax : time;
    const inputs = [JSON.parse(value.toString()) as unknown];
    const extraTypes = this.#options.eventTypes;
    const { events, refused } = parseEvents(inputs, { now, extraTypes });
    if (events.length === 1) return events[0];
    const { field, came, allowed } = refused[0];
    throw unreadable(`${field} is ${came}; allowed: ${allowed}`);
  }

  #record(event: Event, { value, isOurs }: TopicRecord): void {
    const payload = isOurs && value !== undefined ? value : Buffer.from(encodeEvent(event));
    const payloadBytes = Math.max(payload.length, payloadBytesMin);
    const start = this.#position;
    this.#reserve(recordHeaderBytes + fingerprintBytes + payloadBytes);
    this.#position += recordHeaderBytes;
    const hasFingerprint = event.id !== undefined;
    if (event.id !== undefined) {
      writeFingerprint(event, event.id, this.#scratch, this.#position);
      this.#position += fingerprintBytes;
    }
    this.#scratch.fill(" ", this.#position, this.#position + payloadBytes);
    payload.copy(this.#scratch, this.#position);
    this.#position += payloadBytes;
    const partition = this.#options.partitionOf(event);
    writeRecordHeader(this.#scratch, start, { payloadBytes, partition, hasFingerprint });
  }

  #void(): void {
    this.#reserve(recordHeaderBytes);
    writeVoid(this.#scratch, this.#position);
    this.#position += recordHeaderBytes;
  }

  #reserve(sizeBytes: number): void {
    const wantedBytes = this.#position + sizeBytes;
    if (wantedBytes <= this.#scratch.length) return;
    const larger = Buffer.allocUnsafe(Math.max(wantedBytes, 2 * this.#scratch.length));
    this.#scratch.copy(larger, 0, 0, this.#position);
    this.#scratch = larger;
  }
}

/** Trusted to be one of ours, as far as the log itself goes by what is in it. */
function ownEvent(value: Buffer): Event {
  const event: unknown = decodeEvent(value.toString());
  if (typeof event !== "object" || event === null) throw unreadable("it is no JSON object");
  const { type, time, id, source, account, session } = event as Record<string, unknown>;
  if (typeof type !== "string" || typeof time !== "number")
    throw unreadable("type or time is missing");
  for (const text of [id, source, account, session]) {
    if (text !== undefined && typeof text !== "string") throw unreadable("an id is no text");
  }
  return event as Event;
}

function unreadable(reason: string): FoldbackError {
  return new FoldbackError("EVENT_INVALID", reason);
}
