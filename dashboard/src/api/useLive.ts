import { type FoldbackClient, FoldbackClientError, type LiveSnapshot } from "foldback/client";
import { useEffect, useState } from "preact/hooks";
import { LiveSeries } from "./liveSeries.ts";

export interface Live {
  /** The latest; undefined before the first. */
  readonly snapshot: LiveSnapshot | undefined;
  /** What came before it, as far as lines show it; changed in place. */
  readonly series: LiveSeries;
  /** Why nothing comes at the moment; undefined while it does. */
  readonly trouble: FoldbackClientError | undefined;
}

const firstWaitMs = 500;
const waitMsMax = 10_000;

/** Listens to the service as long as whoever uses it is shown, and listens again when the stream ends. */
export function useLive(client: FoldbackClient, isAllowed: boolean): Live {
  const [live, setLive] = useState<Live>(() => ({
    snapshot: undefined,
    series: new LiveSeries(),
    trouble: undefined,
  }));
  useEffect(() => {
    if (!isAllowed) return undefined;
    const controller = new AbortController();
    void listen(client, controller.signal, {
      onSnapshot: (snapshot) =>
        setLive(({ series }) => {
          series.add(snapshot);
          return { snapshot, series, trouble: undefined };
        }),
      onTrouble: (trouble) => setLive((before) => ({ ...before, trouble })),
    });
    return () => controller.abort();
  }, [client, isAllowed]);
  return live;
}

interface Listener {
  readonly onSnapshot: (snapshot: LiveSnapshot) => void;
  readonly onTrouble: (trouble: FoldbackClientError) => void;
}

async function listen(
  client: FoldbackClient,
  signal: AbortSignal,
  { onSnapshot, onTrouble }: Listener,
): Promise<void> {
  let nextWaitMs = firstWaitMs;
  while (!signal.aborted) {
    try {
      for await (const snapshot of client.live({}, { signal })) {
        onSnapshot(snapshot);
        nextWaitMs = firstWaitMs;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof FoldbackClientError)) throw error;
      onTrouble(error);
    }
    await pause(nextWaitMs, signal);
    nextWaitMs = Math.min(nextWaitMs * 2, waitMsMax);
  }
}

/** Ends early where the signal comes. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
