import { download } from "../../download.ts";

/** A stream as a file of the viewer's, without a link: the key is sent in a header. */

/** Without a way to write as it comes, a file is in memory until it is whole. */
const blobBytesMax = 256 * 1024 * 1024;

interface Picker {
  readonly showSaveFilePicker?: (options: {
    readonly suggestedName: string;
  }) => Promise<{ readonly createWritable: () => Promise<WritableStream<Uint8Array>> }>;
}

/**
 * Saves a stream that is opened once it is known where to: as it comes, where the browser can; else from memory, up to 256 MiB.
 *
 * @param onBytes told how many came so far.
 * @returns how many bytes; undefined where the viewer chose no place.
 * @throws Error where it is too large for memory; what the stream fails of: then there is no whole file.
 */
export async function saveStream(
  name: string,
  open: () => Promise<ReadableStream<Uint8Array>>,
  { signal, onBytes }: { readonly signal: AbortSignal; readonly onBytes: (bytes: number) => void },
): Promise<number | undefined> {
  const { showSaveFilePicker } = window as Picker;
  let writable: WritableStream<Uint8Array> | undefined;
  if (showSaveFilePicker !== undefined) {
    try {
      const handle = await showSaveFilePicker.call(window, { suggestedName: name });
      writable = await handle.createWritable();
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return undefined;
      throw error;
    }
  }
  let bytes = 0;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const inMemory = writable === undefined;
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.length;
      onBytes(bytes);
      if (inMemory && bytes > blobBytesMax) {
        throw new Error(
          "It is over 256 MiB, which this browser can't save. Narrow it down, or use `foldback export events`.",
        );
      }
      controller.enqueue(chunk);
    },
  });
  const into =
    writable ??
    new WritableStream<Uint8Array>({
      write(chunk) {
        parts.push(new Uint8Array(chunk));
      },
    });
  let stream: ReadableStream<Uint8Array>;
  try {
    stream = await open();
  } catch (error) {
    await into.abort(error); // else an empty file is left
    throw error;
  }
  await stream.pipeThrough(counting).pipeTo(into, { signal });
  if (inMemory) download(new Blob(parts, { type: "application/x-ndjson" }), name);
  return bytes;
}
