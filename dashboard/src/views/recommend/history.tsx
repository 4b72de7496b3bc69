import type { AccountHistory } from "foldback/client";
import type { JSX } from "preact";
import { useScope } from "../../api/session.ts";
import type { Answer } from "../../api/useAnswer.ts";
import { Message, Trouble } from "../../components/message.tsx";
import { Panel } from "../../components/panel.tsx";
import { count, moment } from "../../format.ts";

/** What an account had, the latest first. */
export function History({ answer }: { readonly answer: Answer<AccountHistory> }): JSX.Element {
  const maySeeNames = useScope("admin");
  const { data, error } = answer;
  return (
    <Panel title="History" note={data && `${count(data.count)} items`}>
      {!maySeeNames && (
        <Message>
          What accounts did is for keys with the scope <code>admin</code>.
        </Message>
      )}
      {error !== undefined && <Trouble error={error} />}
      {data !== undefined && data.lastTime !== null && (
        <p class="small soft">Last seen {moment(data.lastTime)}</p>
      )}
      {data?.items.length === 0 && <Message>It did nothing yet.</Message>}
      {data !== undefined && data.items.length > 0 && (
        <ol class="plain limited" tabIndex={0} aria-label="Items it had, the latest first">
          {data.items.map(({ item, title, isWanted }) => (
            <li key={item}>
              <span class="name">{title ?? item}</span>
              {isWanted && <span class="soft">wanted</span>}
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
