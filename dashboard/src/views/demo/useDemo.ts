import type { Demo } from "foldback/client";
import { useEffect, useState } from "preact/hooks";
import { askDemo } from "../../api/demo.ts";

/** Between two looks; the answer takes the service some milliseconds. */
const everyMs = 1000;

export interface Watched {
  /** The latest that came; it stays where the next does not come. */
  readonly demo?: Demo;
  readonly error?: unknown;
  /** Looks at once. */
  readonly look: () => void;
}

/** The demo, as it goes on. */
export function useDemo(home: string, account: string): Watched {
  const [watched, setWatched] = useState<Omit<Watched, "look">>({});
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    let timer: number | undefined;
    const ask = async (): Promise<void> => {
      const next = await askDemo({ home, account }, controller.signal).then(
        (demo) => ({ demo }),
        (error: unknown) => ({ error }),
      );
      if (controller.signal.aborted) return;
      setWatched((before) => ({ ...("error" in next && before), ...next }));
      timer = window.setTimeout(() => void ask(), everyMs);
    };
    void ask();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [home, account, turn]);
  return { ...watched, look: () => setTurn((before) => before + 1) };
}
