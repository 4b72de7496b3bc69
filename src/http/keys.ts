import { createHash, timingSafeEqual } from "node:crypto";
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
  callerOf(headers: Readonly<Record<string, string | string[] | undefined>>): Caller {
    if (this.#keys.length === 0) return everybody;
    const key = keyIn(headers);
    if (key === undefined) {
      throw new FoldbackError(
        "UNAUTHENTICATED",
        "there is no key; send one as `authorization: Bearer KEY` or `x-api-key: KEY`",
      );
    }
    const hash = createHash("sha256").update(key).digest();
    let found: Caller | undefined;
    for (const { hash: of, caller } of this.#keys) if (timingSafeEqual(of, hash)) found = caller;
    if (found !== undefined) return found;
    throw new FoldbackError(
      "UNAUTHENTICATED",
      "the key is not known here; `foldback key` makes one, and says what the config needs",
    );
  }
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
function keyIn(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): string | undefined {
  const { authorization, "x-api-key": own } = headers;
  if (typeof own === "string" && own !== "") return own;
  const [, scheme, value] = /^(bearer|basic)\s+(\S+)$/i.exec(String(authorization ?? "")) ?? [];
  if (value === undefined) return undefined;
  if (scheme.toLowerCase() === "bearer") return value;
  const [user] = Buffer.from(value, "base64").toString().split(":", 1);
  return user === "" ? undefined : user;
}
