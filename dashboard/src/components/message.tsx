import { FoldbackClientError } from "foldback/client";
import type { ComponentChildren, JSX } from "preact";

/** What there is to say where there is nothing to show. */
export function Message({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return <p class="message">{children}</p>;
}

/** What went wrong, as the service says it. */
export function Trouble({ error }: { readonly error: unknown }): JSX.Element {
  return (
    <p class="message bad" role="alert">
      {wordsOf(error)}
    </p>
  );
}

function wordsOf(error: unknown): string {
  if (!(error instanceof FoldbackClientError)) {
    return error instanceof Error ? error.message : String(error);
  }
  if (error.code === "UNREACHABLE") return "The service does not answer. It is asked again.";
  return error.message;
}
