import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Files of the directory, and of those in it, that have the text in them. */
export function filesWith(directory: string, text: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile() && readFileSync(path).includes(text));
}
