import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { FoldbackError } from "../core/index.ts";
import type { Config } from "../engine/index.ts";
import { type Scope, scopes } from "./route.ts";

/** Who asks. */
export interface Caller {
  /** The key's name in the config. */
  readonly name: string;
  readonly scopes: readonly Scope[];
}

const everybody: Caller = { name: "anyone", scopes };

/**
 * The keys of the config, by which callers are known; without any, everybody may do everything.
 *
 * The config has the SHA-256 of each, so that who reads it can't use them: they are 256 random bits, which
 * nobody finds by trying. Which of them a caller has does not show in the time that it takes to tell.
 */
export class Keys {
  readonly #keys: readonly { readonly hash: Buffer; readonly caller: Caller }[];

  constructor(keys: Config["http"]["keys"]) {
    this.#keys = keys.map(({ name, sha256, scopes: of }) => ({
      hash: Buffer.from(sha256, "hex"),
      caller: { name, scopes: of },
    }));
  }

  /** @throws FoldbackError UNAUTHENTICATED. */
  callerOf(headers: IncomingHttpHeaders): Caller {
    if (this.#keys.length === 0) return everybody;
    const hash = keyHashIn(headers);
    const found = hash && this.find(hash);
    return found ?? refuseKey(hash);
  }

  /** Whose key has this hash; nobody's where there is none. */
  find(keyHash: Buffer): Caller | undefined {
    let found: Caller | undefined;
    for (const { hash, caller } of this.#keys) if (timingSafeEqual(hash, keyHash)) found = caller;
    return found;
  }
}

/** SHA-256 of the key that a request has; undefined where it has none. */
export function keyHashIn(headers: IncomingHttpHeaders): Buffer | undefined {
  const key = keyIn(headers);
  return key === undefined ? undefined : createHash("sha256").update(key).digest();
}

/** @throws FoldbackError UNAUTHENTICATED, of a key that nobody has, or of none. */
export function refuseKey(keyHash: Buffer | undefined): never {
  throw new FoldbackError(
    "UNAUTHENTICATED",
    keyHash === undefined
      ? "there is no key; send one as `authorization: Bearer KEY` or `x-api-key: KEY`"
      : "the key is not known here; `foldback key` makes one, and says what the config needs",
  );
}

/** @throws FoldbackError FORBIDDEN. */
export function checkScope(caller: Caller, scope: Scope): void {
  if (caller.scopes.includes(scope)) return;
  throw new FoldbackError(
    "FORBIDDEN",
    `the key ${JSON.stringify(caller.name)} may ${caller.scopes.join(", ")}, and not ${scope}; use one with that scope`,
    { details: { scope } },
  );
}

/** Bearer, `x-api-key`, or the user name of Basic, as event SDKs send their write keys. */
function keyIn(headers: IncomingHttpHeaders): string | undefined {
  const { authorization, "x-api-key": own } = headers;
  if (typeof own === "string" && own !== "") return own;
  const [, scheme, value] = /^(bearer|basic)\s+(\S+)$/i.exec(authorization ?? "") ?? [];
  if (value === undefined) return undefined;
  if (scheme.toLowerCase() === "bearer") return value;
  const [user] = Buffer.from(value, "base64").toString().split(":", 1);
  return user === "" ? undefined : user;
}
