import { type AccountPeople, FoldbackClientError } from "foldback/client";
import type { JSX } from "preact";
import { useSession } from "../../api/session.ts";
import { useAnswer } from "../../api/useAnswer.ts";
import { AccountField } from "../../components/accountField.tsx";
import { Message, Trouble } from "../../components/message.tsx";
import { Panel } from "../../components/panel.tsx";
import { count, fixed, moment, percent } from "../../format.ts";
import { changeSettings, usePlace } from "../../place.ts";
import { Persons } from "./persons.tsx";
import { Timeline } from "./timeline.tsx";
import { Tree } from "./tree.tsx";

const reasons: Readonly<Record<string, string>> = {
  first: "it never was",
  beyond: "too many sessions fit nobody who is known",
  new: "half of its sessions came since",
  age: "the count is too old",
};

/** One account: how many, why, and which session is whose. */
export function Account({ turn }: { readonly turn: number }): JSX.Element {
  const { client } = useSession();
  const chosen = usePlace().settings.get("account");
  // Where nobody was chosen: who did something last.
  const { data: latest } = useAnswer(
    (signal) => client.activeAccounts({ limit: 1 }, { signal }),
    chosen === null ? "latest" : undefined,
  );
  const account = chosen ?? latest?.accounts[0]?.account ?? "";
  const { data, error } = useAnswer(
    (signal) => client.people(account, { sessions: true, tree: true }, { signal }),
    account === "" ? undefined : `${turn} ${account}`,
  );
  const isUnknown = error instanceof FoldbackClientError && error.code === "NOT_FOUND";
  return (
    <>
      <div class="columns">
        <Panel title="One account" note={data?.countedAt && `counted ${moment(data.countedAt)}`}>
          <AccountField
            value={account}
            onPick={(of) => changeSettings({ account: of }, { isStep: true })}
          />
          <div class="account-room" aria-live="polite">
            {isUnknown && <Message>There are no sessions of this account.</Message>}
            {error !== undefined && !isUnknown && <Trouble error={error} />}
            {data !== undefined && <Count people={data} />}
          </div>
        </Panel>
        {data === undefined ? (
          <Panel title="Devices and places">
            <div class="account-room" />
          </Panel>
        ) : (
          <Persons people={data} />
        )}
      </div>
      {data !== undefined && <Timeline people={data} />}
      {data?.tree !== undefined && data.tree.merges.length > 0 && <Tree tree={data.tree} />}
    </>
  );
}

function Count({ people }: { readonly people: AccountPeople }): JSX.Element {
  const { state, sessions, recount, staleness, beyondSessions } = people;
  if (state === "optedOut") {
    return <Message>It wants not to be counted (its property people is false).</Message>;
  }
  if (people.people === undefined) {
    return (
      <Message>
        It has {count(sessions)} {sessions === 1 ? "session" : "sessions"}: too few to be counted (
        <code>people.sessionsMin</code>).
      </Message>
    );
  }
  const probabilities = people.probabilities ?? [];
  // What is never said to be likely is not drawn.
  const shown = Math.max(people.high ?? 1, people.people, 2);
  return (
    <>
      <p class="verdict">
        <strong>{count(people.people)}</strong>
        <span>
          {people.people === 1 ? "person" : "people"}, {percent(people.probability)} sure
        </span>
        <span class="small soft">
          {people.low === people.high
            ? `90 %: ${count(people.low)}`
            : `90 %: ${count(people.low)} to ${count(people.high)}`}
          , of {count(people.countedSessions)} sessions; {people.class}
        </span>
      </p>
      <div class="parts" role="list" aria-label="Probability of each number">
        {probabilities.slice(0, shown).map((probability, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the place is the number of people
          <div key={at} role="listitem" class="part">
            <span>{at === 0 ? "1 person" : `${at + 1} people`}</span>
            <span>
              <svg width="100%" height="10" aria-hidden="true" preserveAspectRatio="none">
                <rect class="plus" width={`${100 * probability}%`} height="10" rx="2" />
              </svg>
            </span>
            <span class="number">{percent(probability)}</span>
          </div>
        ))}
      </div>
      <p class="small">{people.evidence}</p>
      <p class="small soft">
        {beyondSessions > 0 && `${count(beyondSessions)} sessions fit nobody. `}
        {staleness !== undefined &&
          `${count(staleness.sessions)} sessions since the count; ${fixed(staleness.expectedWrong, 1)} more are expected to go wrong before it is too old. `}
        {recount === undefined
          ? "It need not be counted anew."
          : `It is counted anew with its next session: ${reasons[recount] ?? recount}.`}
      </p>
    </>
  );
}
