import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useScope, useSession } from "../../api/session.ts";
import { useAnswer } from "../../api/useAnswer.ts";
import { Message, Trouble } from "../../components/message.tsx";
import { ErasePanel } from "./erasePanel.tsx";
import { Explorer } from "./explorer.tsx";
import { ExportPanel } from "./exportPanel.tsx";
import { ImportPanel } from "./importPanel.tsx";
import { RefusedPanel } from "./refusedPanel.tsx";
import { SchemaPanel } from "./schemaPanel.tsx";
import "./data.css";

/** What is in the log, what was not taken and why; bringing events, taking them along, and forgetting somebody. */
export function DataView(): JSX.Element {
  const { client } = useSession();
  const [mayTell, mayRead, mayLook] = [useScope("ingest"), useScope("read"), useScope("admin")];
  const [revision, setRevision] = useState(0);
  const { data: schema, error } = useAnswer(
    (signal) => client.eventTypes({ signal }),
    mayRead ? "types" : undefined,
  );
  const onChanged = () => setRevision((before) => before + 1);
  return (
    <>
      <div class="view-head">
        <h1>Data</h1>
        <span class="small soft">
          The log is all that the service knows; the rest is learned from it.
        </span>
      </div>
      {error !== undefined && <Trouble error={error} />}
      {!mayLook && (
        <Message>
          Events, refused ones, exports and erasing are for keys with the scope <code>admin</code>.
        </Message>
      )}
      <div class="columns">
        {mayLook && <Explorer types={schema?.types ?? []} revision={revision} />}
        <div class="stack">
          {mayLook && <RefusedPanel />}
          {mayTell && <ImportPanel onTaken={onChanged} />}
          {mayLook && <ExportPanel />}
          {mayLook && <ErasePanel onErased={onChanged} />}
        </div>
      </div>
      {schema !== undefined && <SchemaPanel of={schema} />}
    </>
  );
}
