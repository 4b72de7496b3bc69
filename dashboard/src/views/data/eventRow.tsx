import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { count, moment } from "../../format.ts";
import type { EventRecord } from "./useEvents.ts";

interface EventRowProps {
  readonly record: EventRecord;
  readonly onFilter: (change: Readonly<Record<string, string>>) => void;
}

/** An event on a line; all of it once it is opened. */
export function EventRow({ record, onFilter }: EventRowProps): JSX.Element {
  const { offset, logTime, event } = record;
  const [isOpen, setOpen] = useState(false);
  const who = textOf(event, "account") ?? textOf(event, "session");
  const item = textOf(event, "item");
  return (
    <li>
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>
          <span class="soft">{moment(event.time)}</span>
          <strong>{event.type}</strong>
          <span class="name">{who}</span>
          <span class="name">{item}</span>
        </summary>
        {isOpen && (
          <div class="event-whole">
            <p class="small soft">
              Offset {count(offset)}, taken {moment(logTime)}
            </p>
            <pre>{JSON.stringify(event, undefined, 2)}</pre>
            <p class="small">
              Only{" "}
              <button type="button" class="link" onClick={() => onFilter({ type: event.type })}>
                type {event.type}
              </button>
              {who !== undefined && (
                <>
                  {", "}
                  <button type="button" class="link" onClick={() => onFilter({ account: who })}>
                    account {who}
                  </button>
                </>
              )}
              {item !== undefined && (
                <>
                  {", "}
                  <button type="button" class="link" onClick={() => onFilter({ item })}>
                    item {item}
                  </button>
                </>
              )}
            </p>
          </div>
        )}
      </details>
    </li>
  );
}

/** The contract leaves open what else an event has. */
function textOf(event: EventRecord["event"], field: string): string | undefined {
  const value = (event as Readonly<Record<string, unknown>>)[field];
  return typeof value === "string" ? value : undefined;
}
