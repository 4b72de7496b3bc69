import type { Erasure } from "foldback/client";
import type { JSX } from "preact";
import { useId, useRef, useState } from "preact/hooks";
import { useSession } from "../../api/session.ts";
import { TextField } from "../../components/field.tsx";
import { Trouble } from "../../components/message.tsx";
import { Panel } from "../../components/panel.tsx";
import { count, fixed } from "../../format.ts";
import { usePlace } from "../../place.ts";
import { filterOf } from "./filter.ts";
import { told } from "./told.ts";

/** It takes a snapshot, and a pass over the whole log; it is not asked for twice. */
const patience = { timeoutMs: 3_600_000, totalMsMax: 3_600_000, attemptsMax: 1 };

type State =
  | { readonly kind: "idle"; readonly wrong?: string }
  | { readonly kind: "running" }
  | { readonly kind: "done"; readonly account: string; readonly erasure: Erasure }
  | { readonly kind: "failed"; readonly error: unknown };

/** Forgets an account, once its name was written a second time. */
export function ErasePanel({ onErased }: { readonly onErased: () => void }): JSX.Element {
  const { client } = useSession();
  const { settings } = usePlace();
  const looked = filterOf(settings).account;
  const [edited, setEdited] = useState<string>();
  const account = edited ?? looked;
  const [state, setState] = useState<State>({ kind: "idle" });
  const dialog = useRef<HTMLDialogElement>(null);
  const again = useRef<HTMLInputElement>(null);
  const id = useId();
  const open = () => {
    setState({ kind: "idle" });
    if (again.current !== null) again.current.value = "";
    dialog.current?.showModal();
  };
  const erase = async () => {
    const typed = again.current?.value.trim() ?? "";
    if (typed !== account) {
      const came = typed === "" ? "Nothing was typed" : `${typed} is another name`;
      setState({ kind: "idle", wrong: `${came}: nothing is erased.` });
      return;
    }
    setState({ kind: "running" });
    try {
      const erasure = await client.eraseAccount(account, patience);
      setState({ kind: "done", account, erasure });
      setEdited(undefined);
    } catch (error) {
      setState({ kind: "failed", error });
    }
    dialog.current?.close();
    onErased();
  };
  const isRunning = state.kind === "running";
  return (
    <Panel title="Erase an account">
      <TextField
        label="Account or session to erase"
        value={account}
        onChange={setEdited}
        note="All that is kept under its name goes, for good."
      />
      <div>
        <button type="button" class="danger" disabled={account === "" || isRunning} onClick={open}>
          Erase…
        </button>
      </div>
      <div role="status" class="small">
        {state.kind === "done" && (
          <p>
            {state.account} is forgotten: {count(state.erasure.events)} events went, in{" "}
            {fixed(state.erasure.seconds, 1)} s.
          </p>
        )}
      </div>
      {state.kind === "failed" && (
        <>
          <Trouble error={told(state.error)} />
          <p class="small">
            What was begun is ended by the service all the same, at its next start at the latest.
          </p>
        </>
      )}
      <dialog
        ref={dialog}
        aria-labelledby={`${id}-title`}
        onCancel={(event) => isRunning && event.preventDefault()}
      >
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (!isRunning) void erase();
          }}
        >
          <h2 id={`${id}-title`}>Erase {account}?</h2>
          <p class="small">
            Its events leave the log, and its history, its properties, its people, its rows of the
            models and the snapshots that have them go; so does what its sessions did before they
            logged in. It can't be undone. What the account does afterwards is done by somebody new.
            It takes seconds, on a large log longer.
          </p>
          <div class="field">
            <div class="field-head">
              <label for={`${id}-again`}>Type its name again</label>
            </div>
            <input
              ref={again}
              id={`${id}-again`}
              type="text"
              autocomplete="off"
              spellcheck={false}
              disabled={isRunning}
              aria-invalid={state.kind === "idle" && state.wrong !== undefined}
            />
          </div>
          {state.kind === "idle" && state.wrong !== undefined && (
            <p class="message bad" role="alert">
              {state.wrong}
            </p>
          )}
          <div class="buttons">
            <button type="submit" class="danger main" disabled={isRunning}>
              {isRunning ? "Erasing…" : "Erase for good"}
            </button>
            <button type="button" disabled={isRunning} onClick={() => dialog.current?.close()}>
              Keep it
            </button>
          </div>
        </form>
      </dialog>
    </Panel>
  );
}
