import type { RecommendedItem } from "foldback/client";
import type { JSX } from "preact";
import { useContext } from "preact/hooks";
import { signed } from "../../format.ts";
import { TitleContext } from "./titles.ts";

type Part = NonNullable<RecommendedItem["why"]>["parts"][number];

/** What a part measures, in words; the others are called by their names. */
const words: Readonly<Record<string, string>> = {
  popularity: "the item's own weight",
  account: "fits the account",
  recent: "goes with",
  context: "any item, at this moment",
  together: "wanted by the same accounts",
  next: "wanted next, within the hour",
  taste: "its kind is wanted",
  age: "how new it is",
  yearsApart: "its year, beside theirs",
  newRelease: "released of late",
};

/** More are too small to be seen. */
const shownMax = 8;

/** What a score is made of: what each part adds to its logit, the largest first. */
export function Parts({ parts }: { readonly parts: readonly Part[] }): JSX.Element {
  const titleOf = useContext(TitleContext);
  const shown = parts.slice(0, shownMax);
  const widest = Math.max(...shown.map(({ value }) => Math.abs(value)), 1e-9);
  return (
    <div class="parts" role="list" aria-label="Parts of the score">
      {shown.map(({ part, item, value }) => (
        <div key={`${part} ${item ?? ""}`} role="listitem" class="part">
          <span class="name">
            {words[part] ?? part}
            {item !== undefined && ` ${titleOf(item)}`}
          </span>
          <span>
            <svg width="100%" height="10" aria-hidden="true" preserveAspectRatio="none">
              <rect
                class={value < 0 ? "minus" : "plus"}
                width={`${(Math.abs(value) / widest) * 100}%`}
                height="10"
                rx="2"
              />
            </svg>
          </span>
          <span class="number">{signed(value)}</span>
        </div>
      ))}
    </div>
  );
}
