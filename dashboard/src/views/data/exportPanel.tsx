import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useSession } from "../../api/session.ts";
import { DateField } from "../../components/field.tsx";
import { Trouble } from "../../components/message.tsx";
import { Panel } from "../../components/panel.tsx";
import { download } from "../../download.ts";
import { bytes } from "../../format.ts";
import { changeSettings, usePlace } from "../../place.ts";
import { accessRequest } from "./accessRequest.ts";
import { type Filter, filterOf, queryOf } from "./filter.ts";
import { saveStream } from "./saveStream.ts";
import { told } from "./told.ts";

interface Saving {
  readonly isRunning: boolean;
  readonly words: string;
  readonly error?: unknown;
}

/** Takes the events that the explorer is narrowed down to along. */
export function ExportPanel(): JSX.Element {
  const { client } = useSession();
  const { settings } = usePlace();
  const filter = filterOf(settings);
  const [from, to] = ["from", "to"].map((name) => dayOf(settings.get(name)));
  const [saving, setSaving] = useState<Saving>();
  const stop = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  const run = async (work: (signal: AbortSignal) => Promise<string>) => {
    const controller = new AbortController();
    stop.current = controller;
    setSaving({ isRunning: true, words: "Asking for it" });
    try {
      setSaving({ isRunning: false, words: await work(controller.signal) });
    } catch (error) {
      setSaving(
        controller.signal.aborted
          ? { isRunning: false, words: "Stopped: what was saved is not whole" }
          : { isRunning: false, words: "It was not saved to its end", error },
      );
    }
  };
  const saveEvents = () =>
    run(async (signal) => {
      const query = {
        ...queryOf(filter),
        ...(from !== "" && { from: startOf(from) }),
        ...(to !== "" && { to: startOf(to, 1) }),
      };
      const saved = await saveStream(
        "events.ndjson",
        () => client.exportEvents(query, { signal }),
        {
          signal,
          onBytes: (size) => setSaving({ isRunning: true, words: `${bytes(size)} so far` }),
        },
      );
      return saved === undefined ? "Nothing was saved" : `${bytes(saved)} saved`;
    });
  const saveAccount = () =>
    run(async (signal) => {
      const document = await accessRequest(client, filter.account, signal);
      const text = JSON.stringify(document, undefined, 2);
      download(new Blob([text], { type: "application/json" }), "access-request.json");
      return `${bytes(text.length)} saved`;
    });
  const isRunning = saving?.isRunning ?? false;
  return (
    <Panel title="Export" note="NDJSON, in the log's order">
      <p class="small">{wordsOf(filter)}</p>
      <div class="row">
        <DateField
          label="From day"
          value={from}
          onChange={(day) => changeSettings({ from: day })}
        />
        <DateField label="To day" value={to} onChange={(day) => changeSettings({ to: day })} />
      </div>
      <div class="buttons">
        <button type="button" disabled={isRunning} onClick={() => void saveEvents()}>
          Save events
        </button>
        {filter.account !== "" && (
          <button type="button" disabled={isRunning} onClick={() => void saveAccount()}>
            Answer an access request
          </button>
        )}
        {isRunning && (
          <button type="button" onClick={() => stop.current?.abort(new Error("stopped"))}>
            Cancel
          </button>
        )}
      </div>
      <p class="small soft" role="status">
        {saving?.words}
      </p>
      {saving?.error !== undefined && <Trouble error={told(saving.error)} />}
    </Panel>
  );
}

function wordsOf({ type, account, item }: Filter): string {
  const narrowed = [type !== "" && `type ${type}`, item !== "" && `item ${item}`].filter(
    (each) => each !== false,
  );
  const only = narrowed.length === 0 ? "" : `, ${narrowed.join(", ")}`;
  if (account === "") return `All events${only}, without those of the engine itself.`;
  return `Everything of ${account}${only}: what it was shown, its sessions and links too.`;
}

function dayOf(text: string | null): string {
  return text !== null && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))
    ? text
    : "";
}

/** The beginning of a day in the viewer's zone, or of one some days later; days may be shorter and longer than 24 hours. */
function startOf(day: string, daysLater = 0): number {
  const [year, month, date] = day.split("-").map(Number);
  return Math.max(0, new Date(year, month - 1, date + daysLater).getTime());
}
