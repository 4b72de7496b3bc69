/** How a list is to be made, as the URL has it: two of them stand side by side. */
import type { RecommendationsQuery } from "foldback/client";

export interface WhatIf {
  /** From 0 to 1. */
  readonly diversity: number;
  /** A condition, whose items' scores are multiplied. */
  readonly boosted: string;
  readonly factor: number;
  readonly filter: string;
  /** Items of one artist at most; 0: any. */
  readonly artistMax: number;
}

const asItIs: WhatIf = { diversity: 0, boosted: "", factor: 2, filter: "", artistMax: 0 };

/** @param prefix of the list's settings in the URL: `a.` or `b.`. */
export function whatIfOf(settings: URLSearchParams, prefix: string): WhatIf {
  const number = (name: string, byDefault: number, max: number) => {
    const value = Number(settings.get(prefix + name) ?? byDefault);
    return Number.isFinite(value) ? Math.min(Math.max(value, 0), max) : byDefault;
  };
  return {
    diversity: number("diversity", asItIs.diversity, 1),
    boosted: settings.get(`${prefix}boosted`) ?? "",
    factor: number("factor", asItIs.factor, 10),
    filter: settings.get(`${prefix}filter`) ?? "",
    artistMax: Math.round(number("artistMax", asItIs.artistMax, 10)),
  };
}

/** Of a change, for the URL: what is as without it is left out. */
export function settingsOf(change: Partial<WhatIf>, prefix: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(change).map(([name, value]) => [
      prefix + name,
      value === asItIs[name as keyof WhatIf] ? "" : String(value),
    ]),
  );
}

export function queryOf({ diversity, boosted, factor, filter, artistMax }: WhatIf, n: number) {
  return {
    n,
    explain: true,
    preview: true,
    ...(diversity > 0 && { diversity }),
    ...(boosted !== "" && { boost: `if(${boosted}, ${factor}, 1)` }),
    ...(filter !== "" && { filter }),
    ...(artistMax > 0 && { artistMax }),
  } satisfies RecommendationsQuery;
}
