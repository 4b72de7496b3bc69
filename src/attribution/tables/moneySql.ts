import { quotedText } from "../../event/index.ts";
import type { Money } from "../money.ts";

/** An amount in minor units of the report, a DOUBLE; 0 where there is none. The product is that of `minorUnitsOf`, to the bit. */
export function minorOf(column: "value" | "cost", { factors, minorUnits }: Money): string {
  const cases = [...factors].map(
    ([currency, factor]) => `WHEN ${quotedText(currency)} THEN ${literal(factor)}`,
  );
  const factor =
    cases.length === 0
      ? literal(minorUnits)
      : `CASE currency ${cases.join(" ")} ELSE ${literal(minorUnits)} END`;
  return `coalesce(${column} * ${factor}, 0::DOUBLE)`;
}

function literal(value: number): string {
  return `'${value}'::DOUBLE`;
}
