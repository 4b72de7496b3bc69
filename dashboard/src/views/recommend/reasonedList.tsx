import type { RecommendedItem } from "foldback/client";
import type { JSX } from "preact";
import { count, percent, score } from "../../format.ts";
import { Parts } from "./parts.tsx";

const sources: Readonly<Record<string, string>> = {
  vectors: "fits the account",
  cooccurrence: "wanted with what it had",
  trend: "trending",
  new: "new",
  accounts: "wanted by accounts like it",
};

interface ReasonedListProps {
  readonly label: string;
  readonly items: readonly RecommendedItem[];
  /** What it stands beside, with places by item. */
  readonly other:
    | { readonly name: string; readonly places: ReadonlyMap<string, number> }
    | undefined;
  readonly onSimilar: (item: string) => void;
}

/** A list with why each item is there. */
export function ReasonedList({ label, items, other, onSimilar }: ReasonedListProps): JSX.Element {
  return (
    <ol class="reasons" aria-label={label}>
      {items.map((item, place) => (
        <li key={item.item}>
          <details>
            <summary>
              <span class="soft">{place + 1}</span>
              <span class="name">{item.title ?? item.item}</span>
              <span class="small number">{score(item.score)}</span>
              <span class="sources small soft">
                {item.sources.map((source) => sources[source] ?? source).join(", ")}
                {other !== undefined &&
                  ` · ${placeIn(other.name, other.places.get(item.item), place)}`}
              </span>
            </summary>
            <Why item={item} onSimilar={onSimilar} />
          </details>
        </li>
      ))}
    </ol>
  );
}

function placeIn(name: string, other: number | undefined, place: number): string {
  if (other === undefined) return `not in ${name}`;
  return other === place ? `as in ${name}` : `place ${other + 1} in ${name}`;
}

function Why({
  item,
  onSimilar,
}: {
  readonly item: RecommendedItem;
  readonly onSimilar: (item: string) => void;
}): JSX.Element {
  const { why, responseProbability } = item;
  return (
    <div class="why small">
      {why !== undefined && (
        <>
          <p>
            Place {count(why.rank)} by score
            {why.boost === 1 ? "" : `, boosted ${score(why.boost)} times`}. Found by{" "}
            {Object.entries(why.foundAt)
              .map(([source, at]) => `${source} at place ${count(at)}`)
              .join(", ")}
            .
            {responseProbability !== undefined &&
              ` Acted on with ${percent(responseProbability)} if it is shown here.`}
          </p>
          <Parts parts={why.parts} />
        </>
      )}
      <p>
        <button type="button" class="link" onClick={() => onSimilar(item.item)}>
          Similar to {item.title ?? item.item}
        </button>
      </p>
    </div>
  );
}
