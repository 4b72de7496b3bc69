import type { AccountHistory, Recommendations } from "foldback/client";
import { createContext } from "preact";

/** What an item is called, as far as the view has come across it; else its id. */
export type TitleOf = (item: string) => string;

export const TitleContext = createContext<TitleOf>((item) => item);

export function titlesOf(
  ...lists: readonly (Pick<AccountHistory | Recommendations, "items"> | undefined)[]
): TitleOf {
  const titles = new Map<string, string>();
  for (const list of lists) {
    for (const { item, title } of list?.items ?? [])
      if (title !== undefined) titles.set(item, title);
  }
  return (item) => titles.get(item) ?? item;
}
