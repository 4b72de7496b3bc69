import { useEffect, useMemo, useState } from "preact/hooks";

/**
 * Where the page is: a view and its settings, in the part of the URL after `#`.
 *
 * That part is not sent to any server: accounts that are looked at are in no log and no referrer, and the page works below any path.
 */
export interface Place {
  /** Empty: home, whichever view that is. */
  readonly view: string;
  readonly settings: URLSearchParams;
}

const changed = "placechange";

function placeOf(hash: string): Place {
  const [view = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return { view, settings: new URLSearchParams(query) };
}

export function hrefOf(view: string, settings: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams(settings).toString();
  return `#/${view}${query === "" ? "" : `?${query}`}`;
}

/**
 * Puts settings of the view into the URL; an empty one goes.
 *
 * @param isStep whether going back undoes it; a slider on its way is none.
 */
export function changeSettings(
  change: Readonly<Record<string, string>>,
  { isStep = false }: { readonly isStep?: boolean } = {},
): void {
  const { view, settings } = placeOf(location.hash);
  for (const [name, value] of Object.entries(change)) {
    if (value === "") settings.delete(name);
    else settings.set(name, value);
  }
  const href = hrefOf(view, Object.fromEntries(settings));
  if (isStep) history.pushState(null, "", href);
  else history.replaceState(null, "", href);
  dispatchEvent(new Event(changed));
}

export function usePlace(): Place {
  const [hash, setHash] = useState(() => location.hash);
  useEffect(() => {
    const read = () => setHash(location.hash);
    for (const event of ["hashchange", "popstate", changed]) addEventListener(event, read);
    read(); // it may have changed since the first drawing
    return () => {
      for (const event of ["hashchange", "popstate", changed]) removeEventListener(event, read);
    };
  }, []);
  return useMemo(() => placeOf(hash), [hash]);
}
