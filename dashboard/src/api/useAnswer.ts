import { useEffect, useState } from "preact/hooks";

export interface Answer<T> {
  /** The latest that came; it stays while the next is on its way. */
  readonly data?: T;
  readonly error?: unknown;
  readonly isLoading: boolean;
}

/** What is asked anew whenever `asked` changes; undefined: nothing is. An answer that another question has overtaken is dropped. */
export function useAnswer<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  asked: string | undefined,
): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T>>({ isLoading: asked !== undefined });
  // `asked` names all that `ask` depends on.
  useEffect(() => {
    if (asked === undefined) {
      setAnswer({ isLoading: false });
      return undefined;
    }
    const controller = new AbortController();
    setAnswer(({ data }) => ({ isLoading: true, ...(data !== undefined && { data }) }));
    const answer = async () => {
      const next: Answer<T> = await ask(controller.signal).then(
        (data) => ({ data, isLoading: false }),
        (error: unknown) => ({ error, isLoading: false }),
      );
      if (!controller.signal.aborted) setAnswer(next);
    };
    void answer();
    return () => controller.abort();
  }, [asked]);
  return answer;
}
