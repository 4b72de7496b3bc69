import type { DuckDBConnection } from "@duckdb/node-api";
import type { TouchDimension } from "../history.ts";
import type { Money } from "../money.ts";

/** The tables that questions are asked of. */
export interface Prepared {
  readonly connection: DuckDBConnection;
  /** All events, for after FROM: `file`, `line` and the staged columns. */
  readonly events: string;
  /** The same of those that a condition takes, with `owner`, `is_session` and `person` (NULL: nobody known): who they are credited to. */
  readonly identified: (condition: string) => string;
  /** Whether owners are accounts, and nothing else. */
  readonly isByAccount: boolean;
  /** Whether a table `dropped` (file, line) has the touches that were there already. */
  readonly hasDropped: boolean;
  readonly money: Money;
  /** Those whose names are a type already. */
  readonly namedDimensions: Set<TouchDimension>;
}
