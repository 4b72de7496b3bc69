import type { RecommendedItem } from "foldback/client";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useSession } from "../../api/session.ts";
import { type Movement, movementOf } from "./movement.ts";

const listLength = 10;

/** A like, and what came of it. Times in ms, from the click on. */
export interface Turn {
  readonly liked: RecommendedItem;
  readonly movement: Movement;
  /** Until the event was on disk and acknowledged. */
  readonly loggedMs: number;
  /** Until the changed list was here. */
  readonly listedMs: number;
  /** Until the browser was about to draw it; undefined until then. */
  readonly shownMs?: number;
}

export interface LoopState {
  readonly items: readonly RecommendedItem[];
  readonly turn?: Turn;
  readonly error?: unknown;
  readonly isBusy: boolean;
}

/** The loop from a like to the list that it changes, and how long it took. */
export function useLoop(account: string): {
  readonly state: LoopState;
  readonly like: (item: RecommendedItem, clickedMs: number) => void;
} {
  const { client } = useSession();
  const [state, setState] = useState<LoopState>({ items: [], isBusy: true });
  const clicked = useRef(0); // of the turn at hand, by the browser's clock
  const latest = useRef(account);
  latest.current = account;

  const list = useCallback(
    async (of: string) => {
      const { items } = await client.recommendations(of, { n: listLength, preview: true });
      return items;
    },
    [client],
  );

  useEffect(() => {
    if (account === "") {
      setState({ items: [], isBusy: false });
      return;
    }
    setState(({ items }) => ({ items, isBusy: true }));
    const show = async () => {
      const next: LoopState = await list(account).then(
        (items) => ({ items, isBusy: false }),
        (error: unknown) => ({ items: [], error, isBusy: false }),
      );
      if (latest.current === account) setState(next);
    };
    void show();
  }, [account, list]);

  const like = useCallback(
    (liked: RecommendedItem, clickedMs: number) => {
      clicked.current = clickedMs;
      const before = state.items.map(({ item }) => item);
      const turn = async () => {
        const event = { type: "like", time: Date.now(), account, item: liked.item, source: "page" };
        const { refused } = await client.ingest([event]);
        if (refused.length > 0) throw new Error(`The event was refused: ${refused[0].allowed}`);
        const loggedMs = performance.now() - clickedMs;
        const items = await list(account);
        const movement = movementOf(
          before,
          items.map(({ item }) => item),
        );
        const listedMs = performance.now() - clickedMs;
        if (latest.current !== account) return; // somebody else is looked at by now
        setState({ items, turn: { liked, movement, loggedMs, listedMs }, isBusy: false });
      };
      setState((was) => ({ ...was, isBusy: true }));
      turn().catch((error: unknown) => setState((was) => ({ ...was, error, isBusy: false })));
    },
    [account, client, list, state.items],
  );

  // The list stands in the document: at the next frame it is drawn.
  const { turn } = state;
  useLayoutEffect(() => {
    if (turn === undefined || turn.shownMs !== undefined) return undefined;
    const frame = requestAnimationFrame(() => {
      const shownMs = performance.now() - clicked.current;
      setState((was) => (was.turn === turn ? { ...was, turn: { ...turn, shownMs } } : was));
    });
    return () => cancelAnimationFrame(frame);
  }, [turn]);
  return { state, like };
}
