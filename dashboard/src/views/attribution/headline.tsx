import type { AttributionComparison } from "foldback/client";
import type { JSX } from "preact";
import { Stat } from "../../components/stat.tsx";
import { amount, count, percent, score } from "../../format.ts";
import { type Asked, windowName } from "./asked.ts";
import { currentCell } from "./cells.ts";

interface HeadlineProps {
  readonly asked: Asked;
  readonly comparison: AttributionComparison | undefined;
}

/** The current setting, in numbers. */
export function Headline({ asked, comparison }: HeadlineProps): JSX.Element {
  const cell = currentCell(comparison, asked);
  const currency = comparison?.settings.currency;
  const [click, engaged, view] = asked.current.map(windowName);
  const all = cell && cell.conversions + cell.repeats + cell.unattributed;
  const hasCost = (cell?.cost ?? 0) > 0;
  const tiers = cell && [
    `${count(cell.byClick)} by click`,
    `${count(cell.byEngagedView)} by engaged view`,
    `${count(cell.byView)} by view`,
  ];
  return (
    <dl class="stats six" aria-label="The current setting">
      <Stat
        label="Current click window"
        value={click}
        note={`engaged view ${engaged}, view ${view}`}
      />
      <Stat label="Conversions" value={count(cell?.conversions)} note={tiers?.join(", ") ?? ""} />
      <Stat
        label="Value"
        value={amount(cell?.value, currency)}
        note={currency === null ? "no event names a currency" : "of these conversions"}
      />
      <Stat
        label="Cost a conversion (CPA)"
        value={hasCost ? amount(cell?.cpa, currency) : "–"}
        note={hasCost ? `${amount(cell?.cost, currency)} spent` : "no event says ad.cost"}
      />
      <Stat
        label="Return on ad spend"
        value={hasCost ? score(cell?.roas) : "–"}
        note="value by cost (ROAS)"
      />
      <Stat
        label="Unattributed"
        value={count(cell?.unattributed)}
        note={
          all === undefined || all === 0
            ? "conversions that no ad earned"
            : `${percent((cell?.unattributed ?? 0) / all)} of all: no ad earned them`
        }
      />
    </dl>
  );
}
