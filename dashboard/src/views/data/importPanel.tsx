import type { JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { useSession } from "../../api/session.ts";
import { Trouble } from "../../components/message.tsx";
import { Panel } from "../../components/panel.tsx";
import { WideTable } from "../../components/wideTable.tsx";
import { count, percent } from "../../format.ts";
import { formats } from "./fileRecords.ts";
import { type Progress, sendFile } from "./sendFile.ts";
import { told } from "./told.ts";

interface Sending {
  readonly name: string;
  readonly state: "running" | "done" | "stopped" | "failed";
  readonly progress?: Progress;
  readonly error?: unknown;
}

/** Sends a file of events: dropped here, or chosen. */
export function ImportPanel({ onTaken }: { readonly onTaken: () => void }): JSX.Element {
  const { client } = useSession();
  const [sending, setSending] = useState<Sending>();
  const [isOver, setOver] = useState(false);
  const stop = useRef<AbortController | undefined>(undefined);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  useEffect(() => () => stop.current?.abort(), []);
  const isRunning = sending?.state === "running";
  const send = async (file: File) => {
    const controller = new AbortController();
    stop.current = controller;
    const { name } = file;
    setSending({ name, state: "running" });
    let latest: Progress | undefined;
    const end = (rest: Pick<Sending, "state" | "error">) =>
      setSending({ name, ...(latest && { progress: latest }), ...rest });
    try {
      latest = await sendFile(client, file, controller.signal, (progress) => {
        latest = progress;
        setSending({ name, state: "running", progress });
      });
      end({ state: "done" });
    } catch (error) {
      end(controller.signal.aborted ? { state: "stopped" } : { state: "failed", error });
    }
    onTaken();
  };
  const take = (files: FileList | null | undefined) => {
    const file = files?.item(0);
    if (file !== null && file !== undefined && !isRunning) void send(file);
  };
  return (
    <Panel title="Import" note="NDJSON or CSV">
      <div
        class={isOver ? "drop over" : "drop"}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          take(event.dataTransfer?.files);
        }}
      >
        <label for={id}>Drop a file of events here, or choose one</label>
        <input
          ref={input}
          id={id}
          type="file"
          accept=".ndjson,.jsonl,.csv"
          disabled={isRunning}
          aria-describedby={`${id}-note`}
          onChange={(event) => {
            take(event.currentTarget.files);
            event.currentTarget.value = ""; // the same file may be chosen again
          }}
        />
      </div>
      <p class="small soft" id={`${id}-note`}>
        One JSON event a line, or CSV whose first row names the fields. Events without an{" "}
        <code>id</code> count again where a file is sent twice. They go into the log in the file's
        order: for long history <code>foldback ingest</code> is the better way, which sorts by time
        and reads other formats too.
      </p>
      {sending !== undefined && (
        <Outcome sending={sending} onStop={() => stop.current?.abort(new Error("stopped"))} />
      )}
    </Panel>
  );
}

interface OutcomeProps {
  readonly sending: Sending;
  readonly onStop: () => void;
}

function Outcome({ sending, onStop }: OutcomeProps): JSX.Element {
  const { name, state, progress, error } = sending;
  const share =
    progress && (progress.sizeBytes === 0 ? 1 : progress.readBytes / progress.sizeBytes);
  return (
    <div class="stack tight">
      {state === "running" && (
        <div class="row">
          <progress value={share ?? 0} aria-label={`Sending ${name}`} />
          <button type="button" onClick={onStop}>
            Cancel
          </button>
        </div>
      )}
      <p class="small" role="status">
        {wordsOf(sending)}
        {state === "running" && share !== undefined && `, ${percent(share)} read`}
        {progress !== undefined &&
          ` · ${count(progress.accepted)} taken, ${count(progress.duplicates)} ${progress.duplicates === 1 ? "duplicate" : "duplicates"}, ${count(progress.refused)} refused`}
      </p>
      {error !== undefined && <Trouble error={told(error)} />}
      {(state === "failed" || state === "stopped") && progress?.nextLine !== undefined && (
        <p class="small">
          All before line {count(progress.nextLine)} is on disk. Of what was under way it is not
          known: events with an <code>id</code> may be sent again.
        </p>
      )}
      {progress !== undefined && progress.refusedLines.length > 0 && (
        <WideTable label="The first refused lines">
          <thead>
            <tr>
              <th scope="col" class="number">
                Line
              </th>
              <th scope="col">Field</th>
              <th scope="col">Came</th>
              <th scope="col">Allowed</th>
            </tr>
          </thead>
          <tbody>
            {progress.refusedLines.map(({ line, field, came, allowed }) => (
              <tr key={line}>
                <td class="number">{count(line)}</td>
                <td>{field}</td>
                <td>{came}</td>
                <td>{allowed}</td>
              </tr>
            ))}
          </tbody>
        </WideTable>
      )}
    </div>
  );
}

function wordsOf({ name, state, progress }: Sending): string {
  const format = progress === undefined ? "" : ` as ${formats[progress.format].name}`;
  switch (state) {
    case "running":
      return `Sending ${name}${format}`;
    case "done":
      return `${name} was sent${format}`;
    case "stopped":
      return `${name} was stopped`;
    case "failed":
      return `${name} was not sent to its end`;
  }
}
