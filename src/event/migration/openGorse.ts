import type { DescribedKind, Properties } from "../description.ts";
import { describedAgain } from "../descriptionFile.ts";
import type { Event } from "../event.ts";
import type { EventBatch, EventFileOptions, EventSource } from "../eventFile.ts";
import { type Refusal, renderValue } from "../refusal.ts";
import { inTimeOrder } from "../timeOrder.ts";
import { withContentId } from "./contentId.ts";
import { DescriptionDraft, descriptionsFirst } from "./descriptionDraft.ts";
import { type GorseFile, type GorseFound, openGorseFiles } from "./gorseFiles.ts";
import {
  accountProperties,
  type GorseOptions,
  gorseSource,
  inGorseNames,
  itemProperties,
  mapFeedback,
} from "./gorseRecord.ts";
import { readGorseTime } from "./gorseTime.ts";

export type OpenGorseOptions = GorseOptions & Pick<EventFileOptions, "clock" | "extraTypes">;

/**
 * Opens what Gorse has exported: its items first, as `item_set`, and its users, as `account_set`; then its feedback by
 * time.
 *
 * @param paths files, told apart by their contents (JSON lines, backups, CSV of earlier versions), or
 *   directories with `users.jsonl`, `items.jsonl` and `feedback.jsonl`, as the dashboard names them. All in one
 *   call: items alone can't tell when the first feedback was that they should stand before.
 * @returns FILE_UNREADABLE where there is no such file, or it is nothing of Gorse's.
 */
export async function openGorse(
  paths: readonly string[],
  options: OpenGorseOptions,
): Promise<EventSource> {
  const files: GorseFile[] = [];
  for (const path of paths) files.push(...(await openGorseFiles(path)));
  return {
    name: paths.join(", "),
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    batches: () => new GorseReading(options).batches(files),
  };
}

/** One pass over the files: descriptions gather while feedback is read to be sorted. */
class GorseReading {
  readonly #options: OpenGorseOptions;
  readonly #draft = new DescriptionDraft(gorseSource);
  #earliestItemTime: number;

  constructor(options: OpenGorseOptions) {
    this.#options = options;
    this.#earliestItemTime = options.clock.now();
  }

  batches(files: readonly GorseFile[]): AsyncIterable<EventBatch> {
    return descriptionsFirst(
      this.#draft,
      inTimeOrder(this.#read(files)),
      () => this.#earliestItemTime,
    );
  }

  async *#read(files: readonly GorseFile[]): AsyncGenerator<EventBatch> {
    let bytesBefore = 0;
    for (const { path, sizeBytes, read } of files) {
      for await (const { found, bytesRead } of read()) {
        yield { ...this.#map(found, path), bytesRead: bytesBefore + bytesRead };
      }
      bytesBefore += sizeBytes;
    }
  }

  #map(block: readonly GorseFound[], name: string): Omit<EventBatch, "bytesRead"> {
    const options = { ...this.#options, now: this.#options.clock.now() };
    const events: Event[] = [];
    const refused: Refusal[] = [];
    const leftOut = new Map<string, number>();
    const onLeftOut = (reason: string): void => {
      leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1);
    };
    const describe = (
      kind: DescribedKind,
      described: unknown,
      properties: Properties,
      index: number,
    ): void => {
      const added = this.#draft.add(kind, described, properties, { name, index });
      if (added === "replaced") onLeftOut(describedAgain(kind));
      else if (added !== "added") refused.push(inGorseNames(added));
    };
    for (const found of block) {
      if ("refusal" in found) {
        refused.push(found.refusal);
        continue;
      }
      const { fields, index } = found;
      if ("FeedbackType" in fields) {
        const parsed = mapFeedback(fields, options, index, onLeftOut);
        if (parsed?.ok === true) events.push(withContentId(parsed.event));
        else if (parsed !== undefined) refused.push(parsed.refusal);
      } else if ("ItemId" in fields && !("UserId" in fields)) {
        describe("item", fields["ItemId"], itemProperties(fields, onLeftOut), index);
        this.#noteTime(readGorseTime(fields["Timestamp"]));
      } else if ("UserId" in fields && !("ItemId" in fields)) {
        describe("account", fields["UserId"], accountProperties(fields, onLeftOut), index);
      } else {
        const allowed = "an object with FeedbackType, ItemId or UserId";
        refused.push({ index, field: "line", came: renderValue(fields), allowed });
      }
    }
    return { name, events, refused, ...(leftOut.size === 0 ? {} : { leftOut }) };
  }

  #noteTime(time: number | undefined): void {
    // NaN fails, too.
    if (time !== undefined && time >= 0 && time < this.#earliestItemTime) {
      this.#earliestItemTime = time;
    }
  }
}
