import { type EventsPage, type EventsQuery, type FoldbackClient } from "foldback/client";
import { useEffect, useState } from "preact/hooks";

export type EventRecord = EventsPage["events"][number];

export interface Events {
  /** The newest first. */
  readonly events: readonly EventRecord[];
  /** Where to go on; undefined at the log's beginning. */
  readonly next: number | undefined;
  /** Records that were looked at for these. */
  readonly looked: number;
  readonly error?: unknown;
  readonly isLoading: boolean;
}

export const pageLength = 25;
/** For a rare event so many requests are made before a person is asked whether to go on: a million records. */
const requestsMax = 10;
const followMs = 2000;
/** Beyond, the oldest of what was followed go. */
const followedMax = 500;

const none: Events = { events: [], next: undefined, looked: 0, isLoading: true };

/**
 * A page of the log before an offset, or the newest.
 *
 * @param asked what `query` says, and whatever else it is to be asked anew for; undefined: nothing is asked.
 * @param isFollowed whether what comes later is put before it, every two seconds.
 */
export function useEvents(
  client: FoldbackClient,
  query: EventsQuery,
  asked: string | undefined,
  isFollowed: boolean,
): Events {
  const [state, setState] = useState(none);
  useEffect(() => {
    if (asked === undefined) return undefined;
    const controller = new AbortController();
    const { signal } = controller;
    const show = (change: (before: Events) => Events) => {
      if (!signal.aborted) setState(change);
    };
    show((before) => ({ ...before, isLoading: true }));
    const showTrouble = (error: unknown) =>
      show((before) => ({ ...before, error, isLoading: false }));
    const ask = async () => {
      await lookBack(client, query, signal).then((page) => show(() => page), showTrouble);
      while (isFollowed && !signal.aborted) {
        await pause(followMs, signal);
        await client
          .eventsPage({ ...query, limit: pageLength }, { signal })
          .then((newest) => show((before) => withNewer(before, newest)), showTrouble);
      }
    };
    void ask();
    return () => controller.abort();
  }, [client, asked, isFollowed]);
  return state;
}

/** Until the page is full, the log begins, or it has looked far enough. */
async function lookBack(
  client: FoldbackClient,
  query: EventsQuery,
  signal: AbortSignal,
): Promise<Events> {
  let { before } = query;
  let looked = 0;
  const events: EventRecord[] = [];
  for (let requests = 0; requests < requestsMax; requests++) {
    const limit = pageLength - events.length;
    const page = await client.eventsPage(
      { ...query, limit, ...(before !== undefined && { before }) },
      { signal },
    );
    events.push(...page.events);
    looked += page.looked;
    before = page.next;
    if (before === undefined || events.length >= pageLength) break;
  }
  return { events, next: before, looked, isLoading: false };
}

function withNewer({ error: _, ...shown }: Events, { events, next, looked }: EventsPage): Events {
  const known = shown.events.at(0)?.offset ?? -1;
  const newer = events.filter(({ offset }) => offset > known);
  // More came than a page holds: what is between is found by going back from it.
  if (newer.length >= pageLength) return { events, next, looked, isLoading: false };
  const all = [...newer, ...shown.events];
  if (all.length <= followedMax) return { ...shown, events: all };
  const kept = all.slice(0, followedMax);
  return { ...shown, events: kept, next: kept[followedMax - 1].offset };
}

/** Ends early where the signal comes. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
