import type { JSX } from "preact";

interface StatProps {
  readonly label: string;
  readonly value: string;
  readonly note: string;
  readonly isBad?: boolean;
}

/** One number, with what it is of. Stands in a `dl`. */
export function Stat({ label, value, note, isBad = false }: StatProps): JSX.Element {
  return (
    <div class={isBad ? "stat bad" : "stat"}>
      <dt>{label}</dt>
      <dd class="value">{value}</dd>
      <dd class="note">{note}</dd>
    </div>
  );
}
