import type { EventTypes } from "foldback/client";
import type { JSX } from "preact";
import { useSession } from "../../api/session.ts";
import { AccountField } from "../../components/accountField.tsx";
import { SelectField, TextField } from "../../components/field.tsx";
import { Message, Trouble } from "../../components/message.tsx";
import { Panel } from "../../components/panel.tsx";
import { count } from "../../format.ts";
import { changeSettings, usePlace } from "../../place.ts";
import { EventRow } from "./eventRow.tsx";
import { beforeOf, filterOf, queryOf } from "./filter.ts";
import { pageLength, useEvents } from "./useEvents.ts";

/** Said by the engine itself, and in the log as well. */
const ownTypes = ["served", "experiment_set", "person_assigned", "heartbeat"];

interface ExplorerProps {
  readonly types: EventTypes["types"];
  /** Changes where what is in the log was changed from here. */
  readonly revision: number;
}

/** The events of the log, the newest first. */
export function Explorer({ types, revision }: ExplorerProps): JSX.Element {
  const { client } = useSession();
  const { settings } = usePlace();
  const filter = filterOf(settings);
  const before = beforeOf(settings);
  const isFollowed = settings.get("follow") === "1" && before === undefined;
  const query = { ...queryOf(filter), ...(before !== undefined && { before }) };
  const { events, next, looked, error, isLoading } = useEvents(
    client,
    query,
    JSON.stringify([query, revision]),
    isFollowed,
  );
  const set = (change: Readonly<Record<string, string>>) =>
    changeSettings({ ...change, before: "" }, { isStep: true });
  const names = [...types.map(({ type }) => type), ...ownTypes];
  const isFiltered = Object.values(filter).some((value) => value !== "");
  return (
    <Panel title="Events" note="the newest first">
      <div class="row event-filters">
        <SelectField
          label="Type"
          value={filter.type}
          choices={[
            { value: "", name: "all" },
            ...[...new Set([...names, filter.type])]
              .filter((name) => name !== "")
              .map((name) => ({ value: name, name })),
          ]}
          onChange={(type) => set({ type })}
        />
        <AccountField value={filter.account} onPick={(account) => set({ account })} />
        <TextField label="Item" value={filter.item} onChange={(item) => set({ item })} />
        <label class="check">
          <input
            type="checkbox"
            checked={isFollowed}
            onChange={(event) => set({ follow: event.currentTarget.checked ? "1" : "" })}
          />
          Follow
        </label>
      </div>
      {error !== undefined && <Trouble error={error} />}
      <div class="event-room" aria-busy={isLoading}>
        {events.length > 0 && (
          <ol class="events" aria-label="Events of the log">
            {events.map((record) => (
              <EventRow key={record.offset} record={record} onFilter={set} />
            ))}
          </ol>
        )}
        {events.length === 0 && !isLoading && error === undefined && (
          <Message>{wordsOfNone(isFiltered, next !== undefined)}</Message>
        )}
      </div>
      <div class="pages">
        <span class="small soft" role="status">
          {!isLoading && `${count(looked)} records looked at`}
          {!isLoading && next === undefined && ", back to the log's beginning"}
        </span>
        {before !== undefined && (
          <button type="button" onClick={() => set({})}>
            Newest
          </button>
        )}
        <button
          type="button"
          disabled={next === undefined || isLoading}
          onClick={() => changeSettings({ before: String(next), follow: "" }, { isStep: true })}
        >
          {events.length < pageLength && next !== undefined ? "Look further back" : "Older"}
        </button>
      </div>
    </Panel>
  );
}

function wordsOfNone(isFiltered: boolean, hasMore: boolean): string {
  if (hasMore) return "None of these matches; there are older ones.";
  if (isFiltered) return "Nothing in the log matches.";
  return "The log is empty. Send events to POST /v1/events, or drop a file here.";
}
