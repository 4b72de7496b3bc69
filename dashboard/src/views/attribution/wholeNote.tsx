import type { JSX } from "preact";
import { type Asked, isNarrowed } from "./asked.ts";

/** Beside filters that are set: what they don't change. */
export function WholeNote({ asked }: { readonly asked: Asked }): JSX.Element | null {
  if (!isNarrowed(asked)) return null;
  return (
    <p class="small">
      Of all ads and days: journeys are whole, so campaign, ad group and dates do not narrow them.
    </p>
  );
}
