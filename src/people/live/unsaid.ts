/** Which sessions the log has under another person than they are, or under none. */
import type { LiveAccount } from "./liveAccount.ts";
import type { LiveSession } from "./liveSession.ts";

/** Whose a session is: what `person_assigned` says. */
export interface SessionPerson {
  readonly account: string;
  readonly session: string;
  /** 0: nobody that is known. */
  readonly person: number;
}

/**
 * What is to be said of an account's sessions. Of one that has a single person nothing is, as its name says it; but what was said
 * before is taken back.
 */
export function unsaidOf({ key, sessions, count }: LiveAccount): SessionPerson[] {
  const isShared = count !== undefined && count.people > 1;
  return sessions.flatMap((session) => {
    const person = personOf(session);
    if (person === session.said || (session.said === 0 && !isShared)) return [];
    return [{ account: key, session: session.token, person }];
  });
}

/** 0 of one that is nobody's known. */
function personOf({ person, isBeyond }: LiveSession): number {
  return isBeyond ? 0 : person;
}
