import { renderText, unreadable } from "../../event/index.ts";

/**
 * Where columns stand in the header of a CSV file, whose names may be in any case.
 *
 * @param options.allowed which the file must have, for the error.
 * @throws FoldbackError FILE_UNREADABLE where one is missing.
 */
export function columnPlaces(
  header: readonly string[],
  names: readonly string[],
  { path, allowed }: { readonly path: string; readonly allowed: string },
): number[] {
  const lower = header.map((name) => name.trim().toLowerCase());
  return names.map((name) => {
    const at = lower.indexOf(name);
    if (at >= 0) return at;
    const came = `the columns ${renderText(header.join(", "))}, and none that is called ${name}`;
    throw unreadable(path, came, allowed);
  });
}
