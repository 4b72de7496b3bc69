import { FoldbackClient } from "foldback/client";

/** Of the service that sent the page, wherever a proxy has put it. @throws TypeError for what can't be a key. */
export function clientOf(apiKey: string | undefined): FoldbackClient {
  const baseUrl = new URL(".", location.href.split("#", 1)[0]);
  baseUrl.search = "";
  return new FoldbackClient({
    baseUrl,
    ...(apiKey !== undefined && { apiKey }),
    // What a person waits for is tried again by the person.
    attemptsMax: 2,
  });
}
