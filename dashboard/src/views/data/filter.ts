/** What is looked at, as the URL has it. */
import type { EventsQuery } from "foldback/client";

export interface Filter {
  readonly type: string;
  readonly account: string;
  readonly item: string;
}

export function filterOf(settings: URLSearchParams): Filter {
  const text = (name: string) => settings.get(name) ?? "";
  return { type: text("type"), account: text("account"), item: text("item") };
}

/** Of both the pages of the log and its export. */
export function queryOf({ type, account, item }: Filter) {
  return {
    ...(type !== "" && { type: [type] }),
    ...(account !== "" && { account }),
    ...(item !== "" && { item }),
  } satisfies EventsQuery;
}

/** An offset of the log, where it is one. */
export function beforeOf(settings: URLSearchParams): number | undefined {
  const text = settings.get("before") ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
