import type { JSX } from "preact";
import { useScope, useSession } from "../../api/session.ts";
import { useAnswer } from "../../api/useAnswer.ts";
import { AccountField } from "../../components/accountField.tsx";
import { Message } from "../../components/message.tsx";
import { changeSettings, usePlace } from "../../place.ts";
import { Board } from "./board.tsx";
import { History } from "./history.tsx";
import { TitleContext, titlesOf } from "./titles.ts";
import { useVariant } from "./useVariant.ts";
import { Variant } from "./variant.tsx";
import { whatIfOf } from "./whatIf.ts";

/** What an account gets and why, and what it would get if. */
export function RecommendView(): JSX.Element {
  const { client } = useSession();
  const mayRead = useScope("read");
  const maySeeNames = useScope("admin");
  const { settings } = usePlace();
  const chosen = settings.get("account");
  const isCompared = settings.get("compare") === "1";
  const similarTo = settings.get("similar") ?? "";
  const { data: latest } = useAnswer(
    (signal) => client.activeAccounts({ limit: 1 }, { signal }),
    maySeeNames && chosen === null ? "latest" : undefined,
  );
  const account = chosen ?? latest?.accounts[0]?.account ?? "";
  const [a, b] = ["a.", "b."].map((prefix) => whatIfOf(settings, prefix));
  const first = useVariant(account, a);
  const second = useVariant(isCompared ? account : "", b);
  const past = useAnswer(
    (signal) => client.history(account, { limit: 100 }, { signal }),
    maySeeNames && account !== "" ? account : undefined,
  );
  if (!mayRead) {
    return (
      <>
        <h1>Recommend</h1>
        <Message>
          Your key has not the scope <code>read</code>, which this view needs.
        </Message>
      </>
    );
  }
  const titleOf = titlesOf(past.data, first.data, second.data);
  const lists = [
    {
      title: isCompared ? "List A" : "What to show next",
      whatIf: a,
      prefix: "a.",
      of: first,
      other: { name: "B", answer: second },
    },
    { title: "List B", whatIf: b, prefix: "b.", of: second, other: { name: "A", answer: first } },
  ];
  return (
    <TitleContext.Provider value={titleOf}>
      <div class="view-head">
        <h1>Recommend</h1>
        <span class="small soft">
          Looked at only: nothing here is logged or counts for an experiment. Lists are without
          exploration, which the config sets and no request can.
        </span>
      </div>
      <div class="row narrow">
        <AccountField
          value={account}
          onPick={(of) => changeSettings({ account: of }, { isStep: true })}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={isCompared}
            onChange={(event) =>
              changeSettings({ compare: event.currentTarget.checked ? "1" : "" }, { isStep: true })
            }
          />
          Compare two settings
        </label>
      </div>
      <div class="columns aside">
        <History answer={past} />
        <div class={isCompared ? "columns halves" : "stack"}>
          {lists.slice(0, isCompared ? 2 : 1).map(({ title, whatIf, prefix, of, other }) => (
            <Variant
              key={prefix}
              title={title}
              whatIf={whatIf}
              prefix={prefix}
              answer={of}
              other={isCompared ? other : undefined}
            />
          ))}
        </div>
        <div class="stack">
          {similarTo !== "" && (
            <Board
              title={`Similar to ${titleOf(similarTo)}`}
              asked={`similar ${similarTo}`}
              ask={(signal) => client.similar(similarTo, { n: 10 }, { signal })}
              empty="Nobody wanted anything else beside it yet."
            />
          )}
          <Board
            title="Trending"
            asked="trending"
            ask={(signal) => client.trending({ n: 10 }, { signal })}
            empty="Nothing was wanted of late."
          />
        </div>
      </div>
    </TitleContext.Provider>
  );
}
