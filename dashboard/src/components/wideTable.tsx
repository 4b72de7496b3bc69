import type { ComponentChildren, JSX } from "preact";

interface WideTableProps {
  /** What it shows. */
  readonly label: string;
  readonly children: ComponentChildren;
}

/** A table that scrolls by itself where the page is too narrow for it, by keyboard as well. */
export function WideTable({ label, children }: WideTableProps): JSX.Element {
  return (
    <div class="scroll" role="group" aria-label={label} tabIndex={0}>
      <table>{children}</table>
    </div>
  );
}
