/** Whether names are replaced by pseudonyms, and by which key: one key for all the life of a data directory. */
import { createHmac } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FoldbackError } from "../core/index.ts";
import { Pseudonyms } from "../event/index.ts";
import type { LogReader } from "../log/index.ts";
import type { Config } from "./configSchema.ts";

/** As many bytes as the hash has: a shorter key could be found by trying. */
const keyBytesMin = 32;

/**
 * What takes in events, or looks for accounts, asks this. Where a key is first given, its check value is put beside the log, so that
 * another key, or none, is refused later: it would make two of each account.
 *
 * @param log of the data directory, which is open.
 * @throws FoldbackError CONFIG_INVALID where the key can't be read or is too short, is another one than before, or comes after the
 *   first events.
 */
export function openPseudonyms(config: Config, log: Pick<LogReader, "heads">): Pseudonyms {
  const key = readKey(config.privacy.pseudonymKeyFile);
  const path = join(config.dataDirectory, "pseudonyms.json");
  const known = existsSync(path) ? readFileSync(path, "utf8") : undefined;
  const check = key && `${JSON.stringify({ keyCheck: checkOf(key) })}\n`;
  if (known === check) return new Pseudonyms(key);
  if (known !== undefined) {
    throw invalid(
      key === undefined ? "not given" : "a file with another key",
      `the key that ${config.dataDirectory} was begun with: its accounts have pseudonyms under it`,
    );
  }
  if (log.heads().some((head) => head > 0)) {
    throw invalid(
      "given",
      `no key, as the log of ${config.dataDirectory} has events under plain names. Export them, and import them into another directory with the key`,
    );
  }
  writeFileSync(`${path}.tmp`, check ?? "", { flush: true });
  renameSync(`${path}.tmp`, path);
  return new Pseudonyms(key);
}

function readKey(path: string): Buffer | undefined {
  if (path === "") return undefined;
  let key: Buffer;
  try {
    key = Buffer.from(readFileSync(path, "utf8").trim());
  } catch (cause) {
    throw invalid(`${path}, which can't be read (${String(cause)})`, allowedKey, cause);
  }
  if (key.length >= keyBytesMin) return key;
  throw invalid(`${path}, which has ${key.length} characters`, allowedKey);
}

const allowedKey = `a file with at least ${keyBytesMin} characters that nobody can guess, such as: openssl rand -hex 32 > pseudonyms.key`;

/** Tells keys apart, and says nothing of names or of the key. */
function checkOf(key: Buffer): string {
  return createHmac("sha256", key).update("foldback: is this the key").digest("hex").slice(0, 16);
}

function invalid(came: string, allowed: string, cause?: unknown): FoldbackError {
  return new FoldbackError(
    "CONFIG_INVALID",
    `privacy.pseudonymKeyFile is ${came}; allowed: ${allowed}`,
    { ...(cause === undefined ? {} : { cause }), details: { setting: "privacy.pseudonymKeyFile" } },
  );
}
