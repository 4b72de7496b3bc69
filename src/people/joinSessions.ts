import { type AccountSessions, accessColumns } from "./accountSessions.ts";

/**
 * The sessions of an account, and one more of it at the end.
 *
 * @param later has the codes of `sessions`, and others from there on; its `names` have them all.
 * @param at which of `later`.
 */
export function withSession(
  sessions: AccountSessions,
  later: AccountSessions,
  at: number,
): AccountSessions {
  const width = accessColumns.length;
  const from = later.actionStarts[at];
  const to = later.actionStarts[at + 1];
  const actionCount = sessions.actionStarts[sessions.tokens.length];
  return {
    account: sessions.account,
    tokens: [...sessions.tokens, later.tokens[at]],
    columns: joined(sessions.columns, later.columns.subarray(at * width, (at + 1) * width)),
    names: later.names,
    starts: joined(sessions.starts, later.starts.subarray(at, at + 1)),
    ends: joined(sessions.ends, later.ends.subarray(at, at + 1)),
    hours: joined(sessions.hours, later.hours.subarray(at, at + 1)),
    latitudes: joined(sessions.latitudes, later.latitudes.subarray(at, at + 1)),
    longitudes: joined(sessions.longitudes, later.longitudes.subarray(at, at + 1)),
    actionStarts: joined(sessions.actionStarts, Int32Array.of(actionCount + to - from)),
    actions: sessions.actions.map((codes, column) =>
      joined(codes.subarray(0, actionCount), later.actions[column].subarray(from, to)),
    ),
    actionNames: later.actionNames,
    genreNames: later.genreNames,
  };
}

function joined<Numbers extends Int32Array | Int16Array | Float64Array | Float32Array>(
  first: Numbers,
  second: Numbers,
): Numbers {
  // A typed array's constructor makes one of its own kind.
  const result = new (first.constructor as new (length: number) => Numbers)(
    first.length + second.length,
  );
  result.set(first, 0);
  result.set(second, first.length);
  return result;
}
