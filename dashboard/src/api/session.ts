import { type Caller, type FoldbackClient, FoldbackClientError } from "foldback/client";
import { createContext } from "preact";
import { useCallback, useContext, useEffect, useState } from "preact/hooks";
import { clientOf } from "./client.ts";
import { keepKey, readKey } from "./key.ts";

/** Who looks at the page, and by which client it asks. */
export interface Session {
  readonly client: FoldbackClient;
  readonly caller: Caller;
  readonly leave: () => void;
}

export type SessionState =
  | { readonly kind: "asking" }
  | { readonly kind: "keyNeeded"; readonly wrong?: string }
  | { readonly kind: "failed"; readonly error: unknown }
  | ({ readonly kind: "open" } & Session);

export const SessionContext = createContext<Session | undefined>(undefined);

/** @throws Error outside of a session. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error("a view stands outside of the session");
  return session;
}

/** Whether the caller's key is good for it. */
export function useScope(scope: "ingest" | "read" | "admin"): boolean {
  return useSession().caller.scopes.includes(scope);
}

/** Asks who it is with the key that was kept, or without one; `enter` tries another. */
export function useSessionState(): {
  readonly state: SessionState;
  readonly enter: (key: string | undefined) => void;
} {
  const [state, setState] = useState<SessionState>({ kind: "asking" });
  const leave = useCallback(() => {
    keepKey(undefined);
    setState({ kind: "keyNeeded" });
  }, []);
  const enter = useCallback(
    (key: string | undefined) => {
      void open(key, leave).then(setState);
    },
    [leave],
  );
  useEffect(() => enter(readKey()), [enter]);
  return { state, enter };
}

async function open(key: string | undefined, leave: () => void): Promise<SessionState> {
  try {
    const client = clientOf(key);
    const caller = await client.caller();
    keepKey(key);
    return { kind: "open", client, caller, leave };
  } catch (error) {
    if (error instanceof TypeError) return { kind: "keyNeeded", wrong: error.message };
    if (!(error instanceof FoldbackClientError) || error.code !== "UNAUTHENTICATED") {
      return { kind: "failed", error };
    }
    keepKey(undefined);
    return {
      kind: "keyNeeded",
      ...(key !== undefined && { wrong: "This key is not known here." }),
    };
  }
}
