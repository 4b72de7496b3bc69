import type { JSX } from "preact";
import { Stat } from "../../components/stat.tsx";

interface Figure {
  readonly label: string;
  readonly value: string;
  readonly note: string;
}

/** Three numbers that say how right it is. */
export function Figures({ of }: { readonly of: readonly Figure[] }): JSX.Element {
  return (
    <dl class="stats three">
      {of.map((figure) => (
        <Stat key={figure.label} {...figure} />
      ))}
    </dl>
  );
}
