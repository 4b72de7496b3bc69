import { assert, hash64 } from "../core/index.ts";
import { type Event, encodeEvent } from "../event/index.ts";
import { fingerprintBytes, recordHeaderBytes, writeRecordHeader } from "./batch.ts";

/** The events of one `append`, as records whose log times are still open. */
export interface EncodedCall {
  readonly bytes: Buffer;
  /** Where each record begins, and where the last one ends: (recordCount + 1,). */
  readonly starts: Uint32Array;
  /** The events' own times, milliseconds, (recordCount,), where they are to be the log times. */
  readonly times: Float64Array | undefined;
}

/** A batch keeps log times as 48-bit differences. */
const timeMax = 2 ** 47;
const utf8BytesPerUnit = 3; // the most that one UTF-16 unit can become

/** Encodes calls one after the other through one buffer that grows to the largest call. */
export class CallEncoder {
  readonly #partitionOf: (event: Event) => number;
  #scratch = Buffer.allocUnsafe(64 * 1024);

  constructor(partitionOf: (event: Event) => number) {
    this.#partitionOf = partitionOf;
  }

  encode(events: readonly Event[], timeOfEvents: boolean): EncodedCall {
    const starts = new Uint32Array(events.length + 1);
    const times = timeOfEvents ? new Float64Array(events.length) : undefined;
    let position = 0;
    events.forEach((event, i) => {
      position = this.#encodeRecord(event, position);
      starts[i + 1] = position;
      if (times === undefined) return;
      assert(event.time < timeMax, "event times were checked when the event was parsed");
      times[i] = Math.floor(event.time);
    });
    return { bytes: Buffer.from(this.#scratch.subarray(0, position)), starts, times };
  }

  /** Returns where the record ends. */
  #encodeRecord(event: Event, start: number): number {
    const json = encodeEvent(event);
    this.#reserve(
      start + recordHeaderBytes + fingerprintBytes + json.length * utf8BytesPerUnit,
      start,
    );
    let position = start + recordHeaderBytes;
    if (event.id !== undefined) {
      writeFingerprint(event, event.id, this.#scratch, position);
      position += fingerprintBytes;
    }
    const payloadBytes = this.#scratch.write(json, position, "utf8");
    writeRecordHeader(this.#scratch, start, {
      payloadBytes,
      partition: this.#partitionOf(event),
      hasFingerprint: event.id !== undefined,
    });
    return position + payloadBytes;
  }

  #reserve(sizeBytes: number, usedBytes: number): void {
    if (sizeBytes <= this.#scratch.length) return;
    const larger = Buffer.allocUnsafe(Math.max(sizeBytes, 2 * this.#scratch.length));
    this.#scratch.copy(larger, 0, 0, usedBytes);
    this.#scratch = larger;
  }
}

/** Two xxHash64 of the same text, with different seeds: 128 bits. */
export function writeFingerprint(event: Event, id: string, into: Buffer, position: number): void {
  const source = event.source ?? "";
  // The lengths keep ("ab", "c") and ("a", "bc") apart.
  const text = `${source.length}:${event.type.length}:${source}${event.type}${id}`;
  fingerprintWords[0] = hash64(text, fingerprintSeeds[0]);
  fingerprintWords[1] = hash64(text, fingerprintSeeds[1]);
  into.set(fingerprintBytesOfWords, position);
}

// Four times as fast as Buffer's own methods for 64 bits. The order of bytes is the machine's: a log that
// moves to one with the other order only does not know its last 48 h of ids there.
const fingerprintWords = new BigUint64Array(2);
const fingerprintBytesOfWords = new Uint8Array(fingerprintWords.buffer);

/** Any two numbers; changing them forgets which events came before. */
const fingerprintSeeds = [0x666f6c64n, 0x6261636bn] as const; // "fold", "back"
