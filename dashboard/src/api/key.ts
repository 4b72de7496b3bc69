/**
 * The key that the page was given, for as long as this tab is open.
 *
 * In `sessionStorage`, and sent in a header: a cookie would be sent by pages of others too, and needs a session that the service would
 * have to keep; a URL ends in histories and logs. What guards it is that the page's policy allows no script but its own.
 */
const name = "foldback.key";

export function readKey(): string | undefined {
  return sessionStorage.getItem(name) ?? undefined;
}

export function keepKey(key: string | undefined): void {
  if (key === undefined) sessionStorage.removeItem(name);
  else sessionStorage.setItem(name, key);
}
