import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useSession } from "../../api/session.ts";
import { useAnswer } from "../../api/useAnswer.ts";
import { Message, Trouble } from "../../components/message.tsx";
import { Panel } from "../../components/panel.tsx";
import { count, moment } from "../../format.ts";

const askMs = 3000;

/** What was not taken, and why. */
export function RefusedPanel(): JSX.Element {
  const { client } = useSession();
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setAsked((before) => before + 1), askMs);
    return () => clearInterval(timer);
  }, []);
  const { data, error } = useAnswer((signal) => client.refusedEvents({ signal }), String(asked));
  return (
    <Panel title="Refused events" note={data && `${count(data.count)} since ${moment(data.since)}`}>
      {error !== undefined && <Trouble error={error} />}
      <div class="refused-room">
        {data?.count === 0 && <Message>Every event was taken since the service began.</Message>}
        {data !== undefined && data.count > 0 && (
          <>
            <p class="small">
              By field:{" "}
              {data.fields
                .slice(0, 8)
                .map(({ field, count: times }) => `${field} ${count(times)}`)
                .join(" · ")}
            </p>
            <ol class="plain limited refused" tabIndex={0} aria-label="Refused, the latest first">
              {data.events.map(({ time, type, source, index, field, came, allowed }, place) => (
                <li key={data.count - place}>
                  <span>
                    <code>{field}</code> is {came === undefined ? "not shown" : came}
                  </span>
                  <span>Allowed: {allowed}</span>
                  <span class="soft">
                    {type ?? "no type"} · {moment(time)} · place {count(index)} of its batch
                    {source !== undefined && ` · ${source}`}
                  </span>
                </li>
              ))}
            </ol>
          </>
        )}
      </div>
      <p class="small soft">The latest 100, kept in memory: gone with the process.</p>
    </Panel>
  );
}
