import type { RecommendedItem } from "foldback/client";
import type { JSX } from "preact";
import { useScope, useSession } from "../../api/session.ts";
import { useAnswer } from "../../api/useAnswer.ts";
import { AccountField } from "../../components/accountField.tsx";
import { Message, Trouble } from "../../components/message.tsx";
import { Panel } from "../../components/panel.tsx";
import { milliseconds, score } from "../../format.ts";
import { changeSettings, hrefOf, usePlace } from "../../place.ts";
import type { Movement } from "./movement.ts";
import { type Turn, useLoop } from "./useLoop.ts";

/** Pick an account, press like, see its list change, and how long that took. */
export function Loop(): JSX.Element {
  const { client } = useSession();
  const maySeeNames = useScope("admin");
  const mayLike = useScope("ingest");
  const chosen = usePlace().settings.get("account");
  // Where nobody was chosen: who did something last.
  const { data: latest, isLoading } = useAnswer(
    (signal) => client.activeAccounts({ limit: 1 }, { signal }),
    maySeeNames && chosen === null ? "latest" : undefined,
  );
  const account = chosen ?? latest?.accounts[0]?.account ?? "";
  const { state, like } = useLoop(account);
  const { items, turn, error, isBusy } = state;
  const pick = (of: string) => changeSettings({ account: of }, { isStep: true });
  return (
    <Panel title="The loop" note="a like here is a real event">
      <div class="row">
        <AccountField value={account} onPick={pick} />
        <button type="button" onClick={() => pick(newAccount())}>
          A new account
        </button>
      </div>
      <Verdict turn={turn} isBusy={isBusy && turn !== undefined} />
      {error !== undefined && <Trouble error={error} />}
      {!mayLike && (
        <Message>
          Your key has not the scope <code>ingest</code>: you can look, but not like.
        </Message>
      )}
      <ol class="items" aria-label="What to show next" style={{ minHeight: "24rem" }}>
        {items.map((item, place) => (
          <li key={item.item}>
            <span class="soft">{place + 1}</span>
            <span class="name" title={item.item}>
              {item.title ?? item.item}
            </span>
            <Moved of={item.item} movement={turn?.movement} />
            <span class="score number small soft">{score(item.score)}</span>
            <button
              type="button"
              disabled={!mayLike || isBusy}
              aria-label={`Like ${item.title ?? item.item}`}
              onClick={(event) => like(item, event.timeStamp)}
            >
              Like
            </button>
          </li>
        ))}
        {items.length === 0 && !isBusy && !isLoading && (
          <Message>
            {account === ""
              ? "Enter an account, or take a new one."
              : "There is nothing to show yet: send events about items first."}
          </Message>
        )}
      </ol>
      {account !== "" && (
        <p class="small">
          <a href={hrefOf("recommend", { account })}>Why these, and what if</a>
        </p>
      )}
    </Panel>
  );
}

function Verdict({
  turn,
  isBusy,
}: {
  readonly turn: Turn | undefined;
  readonly isBusy: boolean;
}): JSX.Element {
  if (turn === undefined) {
    return (
      <p class="verdict idle" role="status">
        <span class="small soft">
          Press like: the time from your click to the changed list is measured here, in your
          browser.
        </span>
      </p>
    );
  }
  const { liked, movement, loggedMs, listedMs, shownMs } = turn;
  return (
    <p class="verdict" role="status" aria-busy={isBusy}>
      <strong data-loop-ms={shownMs}>{milliseconds(shownMs ?? listedMs)}</strong>
      <span>from click to changed list</span>
      <span class="small soft">
        {milliseconds(loggedMs)} until on disk, {milliseconds(listedMs - loggedMs)} for the list,{" "}
        {milliseconds((shownMs ?? listedMs) - listedMs)} to draw. {nameOf(liked)} left,{" "}
        {moves(movement)}
      </span>
    </p>
  );
}

function moves({ up, came }: Movement): string {
  const moved = [...up.values()].filter((places) => places !== 0).length;
  return `${came.size} came, ${moved} moved.`;
}

function Moved({
  of,
  movement,
}: {
  readonly of: string;
  readonly movement: Movement | undefined;
}): JSX.Element {
  const up = movement?.up.get(of) ?? 0;
  if (movement?.came.has(of) === true) return <span class="moved new">new</span>;
  if (up === 0) return <span class="moved" />;
  return (
    <span class="moved">
      {up > 0 ? "up" : "down"} {Math.abs(up)}
    </span>
  );
}

function nameOf({ title, item }: RecommendedItem): string {
  return title ?? item;
}

/** Of nobody else: accounts of the service are not called so. */
function newAccount(): string {
  return `page-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`;
}
