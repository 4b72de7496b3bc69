import type { JSX } from "preact";
import { useId, useRef } from "preact/hooks";

interface KeyGateProps {
  readonly wrong: string | undefined;
  readonly onKey: (key: string) => void;
}

/** Asks for a key. */
export function KeyGate({ wrong, onKey }: KeyGateProps): JSX.Element {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  return (
    <form
      class="panel gate"
      onSubmit={(event) => {
        event.preventDefault();
        const key = input.current?.value.trim() ?? "";
        if (key !== "") onKey(key);
      }}
    >
      <h1>This service asks for a key</h1>
      <div class="field">
        <div class="field-head">
          <label for={id}>Key</label>
        </div>
        <input
          ref={input}
          id={id}
          type="password"
          autocomplete="off"
          required
          aria-invalid={wrong !== undefined}
          aria-describedby={`${id}-note`}
        />
        <span class="field-note" id={`${id}-note`}>
          Kept in this tab until you close it or log out. <code>foldback key</code> makes one; the
          scope <code>read</code> shows numbers and lists, <code>ingest</code> lets you press like,{" "}
          <code>admin</code> shows accounts by name.
        </span>
      </div>
      {wrong !== undefined && (
        <p class="message bad" role="alert">
          {wrong}
        </p>
      )}
      <div>
        <button type="submit" class="main">
          Open
        </button>
      </div>
    </form>
  );
}
