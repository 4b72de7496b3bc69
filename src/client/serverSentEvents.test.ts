import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dataOfEvents } from "./serverSentEvents.ts";

/** A body that comes in these pieces. */
function bodyOf(pieces: readonly Uint8Array[], onCancel = () => {}): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      if (next < pieces.length) controller.enqueue(pieces[next++]);
      else controller.close();
    },
    cancel: onCancel,
  });
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

async function readAll(pieces: readonly Uint8Array[]): Promise<string[]> {
  const all: string[] = [];
  for await (const data of dataOfEvents(bodyOf(pieces))) all.push(data);
  return all;
}

describe("dataOfEvents", () => {
  it("reads events whole, wherever the bytes are cut", async () => {
    const texts = fc.array(fc.json(), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(texts, fc.array(fc.nat()), async (sent, cuts) => {
        const bytes = bytesOf(sent.map((text) => `data: ${text}\n\n`).join(""));
        const places = [0, ...cuts.map((cut) => cut % bytes.length), bytes.length];
        places.sort((a, b) => a - b);
        const pieces = places.slice(1).map((end, at) => bytes.subarray(places[at], end));
        expect(await readAll(pieces)).toEqual(sent);
      }),
    );
  });

  it("skips comments and other fields, joins lines, and drops what has no end", async () => {
    const text =
      ": hello\n\nevent: x\nid: 1\ndata:one\n\ndata: two\r\ndata: three\r\n\r\ndata: cut";
    expect(await readAll([bytesOf(text)])).toEqual(["one", "two\nthree"]);
  });

  it("ends the connection when who reads has had enough", async () => {
    let isCancelled = false;
    const body = bodyOf([bytesOf("data: 1\n\n"), bytesOf("data: 2\n\n")], () => {
      isCancelled = true;
    });
    for await (const data of dataOfEvents(body)) {
      expect(data).toBe("1");
      break;
    }
    expect(isCancelled).toBe(true);
  });
});
