import type { ComponentChildren, JSX } from "preact";
import { useId, useRef } from "preact/hooks";
import type { Cells } from "../csv.ts";
import { SaveAs } from "./saveAs.tsx";

interface PanelProps {
  readonly title: string;
  /** Beside the title: what the numbers are of. */
  readonly note?: ComponentChildren;
  /** Where it can be taken along: by which name, and the numbers behind it with a line of names first. */
  readonly saved?: {
    readonly name: string;
    readonly rows: (() => readonly Cells[]) | undefined;
  };
  readonly children: ComponentChildren;
}

/** A part of a view, under its own heading. */
export function Panel({ title, note, saved, children }: PanelProps): JSX.Element {
  const id = useId();
  const section = useRef<HTMLElement>(null);
  return (
    <section class="panel" aria-labelledby={id} ref={section}>
      <div class="panel-head">
        <h2 id={id}>{title}</h2>
        {note !== undefined && <span class="small soft">{note}</span>}
        {saved !== undefined && <SaveAs {...saved} of={section} />}
      </div>
      {children}
    </section>
  );
}
