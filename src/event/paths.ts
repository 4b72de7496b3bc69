/** Looking at files before they are read: each failure is `FILE_UNREADABLE`. */
import type { Stats } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { unreadable } from "./eventFile.ts";

export async function statOrFail(path: string): Promise<Stats> {
  return orUnreadable(path, stat(path));
}

/** The names in a directory, sorted. */
export async function namesIn(directory: string): Promise<string[]> {
  return (await orUnreadable(directory, readdir(directory))).sort();
}

const beginningBytes = 65_536; // the first rows of any file that we know, also with a long header

export async function readBeginning(path: string): Promise<Buffer> {
  return orUnreadable(
    path,
    (async () => {
      const file = await open(path);
      try {
        const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(beginningBytes) });
        return buffer.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    })(),
  );
}

async function orUnreadable<T>(path: string, looking: Promise<T>): Promise<T> {
  try {
    return await looking;
  } catch (cause) {
    const allowed = "a file or directory that exists and that we may read";
    throw unreadable(path, String(cause), allowed, cause);
  }
}
