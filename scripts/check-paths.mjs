/**
 * Checks that no text of the project names a machine: a path into somebody's home or work folder.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isMain, listFiles, reportCheck, root } from "./lib/project.mjs";

/**
 * Folders at the root of a file system; `docs/work/x` and `example.org/home/` are something else.
 * Written with groups, so that this file passes its own check.
 */
const machinePath = /(?<![\w.~\-$}\])*])\/(?:work|root|home|Users)\/|\b[A-Z]:\\Users\\/;

/** A zero byte in its first kilobytes marks a file as binary; git decides the same way. */
const sniffedBytes = 8000;

/**
 * @param {string} projectRoot
 * @returns {{ problems: string[], checked: string }}
 */
export function checkPaths(projectRoot) {
  const files = listFiles(projectRoot).filter((file) => !file.startsWith("data/"));
  const problems = files.flatMap((file) => {
    const bytes = readFileSync(join(projectRoot, file));
    if (bytes.subarray(0, sniffedBytes).includes(0)) return [];
    return bytes
      .toString()
      .split("\n")
      .flatMap((text, index) => {
        const match = machinePath.exec(text);
        return match === null ? [] : [`${file}:${index + 1}: names a machine's path: ${match[0]}`];
      });
  });
  return { problems, checked: `paths in ${files.length} files` };
}

if (isMain(import.meta.url)) reportCheck(checkPaths(root));
