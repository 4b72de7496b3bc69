import type { Recommendations } from "foldback/client";
import { useSession } from "../../api/session.ts";
import { type Answer, useAnswer } from "../../api/useAnswer.ts";
import { queryOf, type WhatIf } from "./whatIf.ts";

const listLength = 10;

/** The list of an account under these settings; of nobody there is none. */
export function useVariant(account: string, whatIf: WhatIf): Answer<Recommendations> {
  const { client } = useSession();
  const query = queryOf(whatIf, listLength);
  return useAnswer(
    (signal) => client.recommendations(account, query, { signal }),
    account === "" ? undefined : JSON.stringify([account, query]),
  );
}
