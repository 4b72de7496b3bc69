import { FoldbackClientError } from "foldback/client";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useScope, useSession } from "../../api/session.ts";
import { useAnswer } from "../../api/useAnswer.ts";
import { Message, Trouble } from "../../components/message.tsx";
import { count, moment } from "../../format.ts";
import { Account } from "./account.tsx";
import { Ageing } from "./ageing.tsx";
import { Distribution } from "./distribution.tsx";
import { Weeks } from "./weeks.tsx";
import "./people.css";

/** How many people are behind accounts, and who is behind one. */
export function PeopleView(): JSX.Element {
  const mayRead = useScope("admin");
  return mayRead ? (
    <Report />
  ) : (
    <>
      <h1>People</h1>
      <Message>
        Your key has not the scope <code>admin</code>, which this view needs: it tells who is behind
        accounts.
      </Message>
    </>
  );
}

function Report(): JSX.Element {
  const { client } = useSession();
  const [turn, setTurn] = useState(0);
  const { data, error, isLoading } = useAnswer(
    (signal) => client.peopleSummary({ weeks: 13 }, { signal }),
    `${turn}`,
  );
  if (error instanceof FoldbackClientError && error.code === "NOT_FOUND") return <Off />;
  const waiting = data?.waiting ?? null;
  return (
    <>
      <div class="view-head">
        <h1>People</h1>
        <span class="small soft" role="status">
          {data === undefined && isLoading && "Asking"}
          {data !== undefined && data.logTime === 0 && "There is no event yet."}
          {data !== undefined &&
            data.logTime > 0 &&
            `With all events up to ${moment(data.logTime)}`}
        </span>
        <button type="button" disabled={isLoading} onClick={() => setTurn(turn + 1)}>
          Refresh
        </button>
      </div>
      {error !== undefined && <Trouble error={error} />}
      <p class="small soft">
        Counts are estimates with a probability, and no verdict on anybody: look at the evidence,
        ask, and leave a way to object. Numbers of fewer than {count(data?.suppressBelow)} accounts
        are not told
        {waiting === null ? "" : `; ${count(waiting)} accounts have too few sessions to be counted`}
        .
      </p>
      <div class="columns thirds">
        <Distribution summary={data} />
        <Weeks summary={data} />
        <Ageing summary={data} />
      </div>
      <Account turn={turn} />
    </>
  );
}

function Off(): JSX.Element {
  return (
    <>
      <h1>People</h1>
      <Message>
        Counting people is off. With it, this view shows how many people use an account, one
        included, which sessions are whose, and why: by devices, places, times and what is played.
        Who switches it on should first know on what grounds, and tell the people whom it concerns.
        This in the config switches it on, for sessions from then on and those of the log that are
        young enough:
      </Message>
      <pre class="panel">
        <code>{'{ "people": { "enabled": true } }'}</code>
      </pre>
    </>
  );
}
