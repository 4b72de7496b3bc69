import { createReadStream } from "node:fs";
import { type FileSource, nameOf, unreadable } from "./eventFile.ts";

const chunkBytes = 262_144; // 4,000 small events: fewer, larger reads gain nothing measurable

/** The bytes of a file or stream, in order. Fails with `FILE_UNREADABLE`. */
export async function* readChunks(source: FileSource): AsyncGenerator<Buffer> {
  const stream =
    typeof source === "string" ? createReadStream(source, { highWaterMark: chunkBytes }) : source;
  const chunks = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await readNext(chunks, nameOf(source));
      if (next === undefined) return;
      yield next;
    }
  } finally {
    stream.destroy(); // also where the reader stops early
  }
}

async function readNext(chunks: AsyncIterator<unknown>, name: string): Promise<Buffer | undefined> {
  let result: IteratorResult<unknown>;
  try {
    result = await chunks.next();
  } catch (cause) {
    throw unreadable(name, String(cause), "a file that exists and that we may read", cause);
  }
  if (result.done === true) return undefined;
  const chunk = result.value;
  if (Buffer.isBuffer(chunk)) return chunk;
  if (chunk instanceof Uint8Array) {
    return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
  if (typeof chunk === "string") return Buffer.from(chunk);
  throw unreadable(name, `a stream of ${typeof chunk}s`, "a stream of bytes or text");
}
