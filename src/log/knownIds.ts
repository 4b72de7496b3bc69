import type { Event } from "../event/index.ts";
import { fingerprintBytes, fingerprintPosition, recordPositions } from "./batch.ts";
import { writeFingerprint } from "./callEncoder.ts";
import { FingerprintSet } from "./fingerprintSet.ts";
import { SegmentCursor } from "./segmentCursor.ts";
import type { SegmentPlace } from "./segmentFile.ts";
import type { DurableHead } from "./sharedHead.ts";

/**
 * The ids of all that a log ever took, however long ago, those of events that were erased or grew too old
 * among them: their fingerprints stay.
 */
export class KnownIds {
  readonly #fingerprints = new FingerprintSet();
  readonly #scratch = Buffer.alloc(fingerprintBytes);

  /** Reads every segment up to `head`, without decoding an event. */
  static async read(
    place: SegmentPlace,
    head: DurableHead,
    onRead: (records: number) => void,
  ): Promise<KnownIds> {
    const known = new KnownIds();
    const cursor = new SegmentCursor(place);
    let records = 0;
    try {
      cursor.seek(0, head);
      while (cursor.nextOffset < head.nextOffset) {
        const batch = cursor.take();
        if (batch === undefined) {
          await cursor.readOn(head);
          continue;
        }
        for (const position of recordPositions(batch.bytes, batch.header)) {
          const at = fingerprintPosition(batch.bytes, position);
          if (at !== -1) known.#fingerprints.add(batch.bytes, at);
        }
        records += batch.header.recordCount;
        onRead(records);
      }
    } finally {
      cursor.close();
    }
    return known;
  }

  /** Whether its (source, type, id) did not come before; from then on it has. One without an id is new. */
  isNew(event: Event): boolean {
    if (event.id === undefined) return true;
    writeFingerprint(event, event.id, this.#scratch, 0);
    return this.#fingerprints.add(this.#scratch, 0);
  }
}
