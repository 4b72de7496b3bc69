import { type AccountPeople, type FoldbackClient, FoldbackClientError } from "foldback/client";

/**
 * All that the service keeps of an account, as one document: the answer to an access request. What is worked out of the events (rows of
 * models, attribution) follows from them.
 */
export async function accessRequest(
  client: FoldbackClient,
  account: string,
  signal: AbortSignal,
): Promise<object> {
  const [properties, people, history, events] = await Promise.all([
    orNothing(client.account(account, { signal }).then((described) => described.properties)),
    orNothing<AccountPeople>(client.people(account, { sessions: true }, { signal })),
    client.history(account, { limit: 500 }, { signal }),
    client
      .exportEvents({ account }, { signal })
      .then((stream) => new Response(stream).text())
      .then(eventsOf),
  ]);
  return {
    account,
    exportedAt: new Date().toISOString(),
    properties: properties ?? null,
    people: people ?? null,
    history: { count: history.count, items: history.items },
    events,
  };
}

function eventsOf(lines: string): unknown[] {
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line): unknown => JSON.parse(line));
}

/** Nothing is said of it, or people are not counted here. */
async function orNothing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof FoldbackClientError && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}
