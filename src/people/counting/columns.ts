import { type AccessColumn, type AccountSessions, accessColumns } from "../accountSessions.ts";

const indexOf: Readonly<Record<AccessColumn, number>> = {
  device: 0,
  city: 1,
  state: 2,
  zip: 3,
  day: 4,
  part: 5,
};

/** The code of a session in an ACCESS column; 0 where it is missing. */
export function accessCode(
  sessions: AccountSessions,
  session: number,
  column: AccessColumn,
): number {
  return sessions.columns[session * accessColumns.length + indexOf[column]];
}

/** What a code stands for; empty where it is missing. */
export function accessName(sessions: AccountSessions, column: AccessColumn, code: number): string {
  return code === 0 ? "" : sessions.names[indexOf[column]][code - 1];
}
