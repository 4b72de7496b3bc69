import type { BoardItems } from "foldback/client";
import type { JSX } from "preact";
import { useAnswer } from "../../api/useAnswer.ts";
import { Message, Trouble } from "../../components/message.tsx";
import { Panel } from "../../components/panel.tsx";
import { score } from "../../format.ts";

interface BoardProps {
  readonly title: string;
  readonly asked: string;
  readonly ask: (signal: AbortSignal) => Promise<BoardItems>;
  /** What is said of an empty one. */
  readonly empty: string;
}

/** A list that is the same for everybody. */
export function Board({ title, asked, ask, empty }: BoardProps): JSX.Element {
  const { data, error } = useAnswer(ask, asked);
  return (
    <Panel title={title}>
      {error !== undefined && <Trouble error={error} />}
      {data?.items.length === 0 && <Message>{empty}</Message>}
      <ol class={data === undefined ? "plain board" : "plain"} aria-label={title}>
        {data?.items.map(({ item, title: name, score: of }) => (
          <li key={item}>
            <span class="name">{name ?? item}</span>
            <span class="soft">{score(of)}</span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
