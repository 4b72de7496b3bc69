/**
 * The sessions of one account as numbers: what every method of counting and every assignment reads.
 *
 * Values become codes from 1 within their column and account, in the order of their UTF-8 bytes, so that codes do not depend on
 * the order of rows; 0 is *missing*, a state of its own. Sessions are in canonical order: by start, then by token (UTF-8 bytes);
 * where no start is known, by token alone.
 */

/** The categorical columns of ACCESS, in the order in which they lie in `columns`. */
export const accessColumns = ["device", "city", "state", "zip", "day", "part"] as const;
export type AccessColumn = (typeof accessColumns)[number];

/** The columns of ACTION that say what was played. `genre` is absent from the case's table, but worth more than all others. */
export const actionColumns = ["action", "song", "artist", "playlist", "genre"] as const;
export type ActionColumn = (typeof actionColumns)[number];

export interface AccountSessions {
  readonly account: string;
  /** The sessions' tokens, in canonical order. */
  readonly tokens: readonly string[];
  /** Codes by session: shape (sessions, accessColumns), row after row. */
  readonly columns: Int32Array;
  /** What the codes of an ACCESS column stand for: `names[column][code - 1]`. */
  readonly names: readonly (readonly string[])[];
  /** When each session started, epoch milliseconds UTC; NaN where unknown. Shape (sessions,). */
  readonly starts: Float64Array;
  /** When each ended: its last action, else 30 minutes after its start; NaN where unknown. Shape (sessions,). */
  readonly ends: Float64Array;
  /** Local hour of the week from Monday 0:00 to Sunday 23:00, 0 to 167; -1 where unknown. Shape (sessions,). */
  readonly hours: Int16Array;
  /** Where each was, degrees north and east, as exact as it is known (a postal area's middle will do); NaN where unknown. Shape (sessions,). */
  readonly latitudes: Float32Array;
  readonly longitudes: Float32Array;
  /** The actions of session s are `actionStarts[s]` to `actionStarts[s + 1] - 1`, in order of time. Shape (sessions + 1,). */
  readonly actionStarts: Int32Array;
  /** Codes by action, column by column: `actions[column][action]`. Each of shape (actions,). */
  readonly actions: readonly Int32Array[];
  /** What the codes of `action` and `genre` stand for; the other columns' names are not kept. */
  readonly actionNames: readonly string[];
  readonly genreNames: readonly string[];
}
