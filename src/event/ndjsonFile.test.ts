import { Readable } from "node:stream";
import { expect, test } from "vitest";
import type { Event } from "./event.ts";
import { readNdjson } from "./ndjsonFile.ts";
import type { Refusal } from "./refusal.ts";

const options = { clock: { now: () => 1_000_000 }, order: "file" } as const;

async function read(text: string): Promise<{ events: Event[]; refused: Refusal[] }> {
  const events: Event[] = [];
  const refused: Refusal[] = [];
  for await (const batch of readNdjson(Readable.from([Buffer.from(text)]), options)) {
    events.push(...batch.events);
    refused.push(...batch.refused);
  }
  return { events, refused };
}

const like = '{"type":"like","time":5,"account":"a17","item":"x"}';

test("each line is an event, and blank lines are none", async () => {
  const { events, refused } = await read(`\ufeff${like}\r\n\r\n  \n${like.replace("a17", "bob")}`);
  expect(events.map((event) => event.account)).toEqual(["a17", "bob"]);
  expect(refused).toEqual([]);
});

test("a bad line is refused by its number, and its neighbours are taken", async () => {
  const tooLong = `"${"x".repeat(1_048_576)}"`;
  const lines = [like, "{oops", "", "[1]", like.replace('"like"', '"hug"'), tooLong, like];
  const { events, refused } = await read(lines.join("\n"));
  expect(events.length).toBe(2);
  expect(refused.map(({ index, field }) => [index, field])).toEqual([
    [2, "line"],
    [4, "event"],
    [5, "type"],
    [6, "line"],
  ]);
  expect(refused[0].came).toBe('"{oops"');
});

test("an event is not taken from the future of the clock", async () => {
  const { refused } = await read(like.replace("5", "1600001"));
  expect(refused[0].field).toBe("time");
});
