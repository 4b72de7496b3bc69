import { type FoldbackClient, FoldbackClientError, type LiveReading } from "foldback/client";
import { useEffect, useState } from "preact/hooks";
import { LiveSeries } from "./liveSeries.ts";

export interface Live {
  /** The latest; undefined before the first. */
  readonly reading: LiveReading | undefined;
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
    reading: undefined,
    series: new LiveSeries(),
    trouble: undefined,
  }));
  useEffect(() => {
    if (!isAllowed) return undefined;
    const controller = new AbortController();
    void listen(client, controller.signal, {
      onReading: (reading) =>
        setLive(({ series }) => {
          series.add(reading);
          return { reading, series, trouble: undefined };
        }),
      onTrouble: (trouble) => setLive((before) => ({ ...before, trouble })),
    });
    return () => controller.abort();
  }, [client, isAllowed]);
  return live;
}

interface Listener {
  readonly onReading: (reading: LiveReading) => void;
  readonly onTrouble: (trouble: FoldbackClientError) => void;
}

async function listen(
  client: FoldbackClient,
  signal: AbortSignal,
  { onReading, onTrouble }: Listener,
): Promise<void> {
  let nextWaitMs = firstWaitMs;
  while (!signal.aborted) {
    try {
      for await (const reading of client.live({}, { signal })) {
        onReading(reading);
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
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
