/** What is kept of an account: its latest sessions, and what was last counted of them. */
import type { ByteReader, ByteWriter, Ordered } from "../../core/index.ts";
import type { AccountPeople } from "../accountPeople.ts";
import { type LiveSession, restoreSession, saveSession } from "./liveSession.ts";

/** The answer of the latest count, and when that was. */
export interface AccountCount
  extends Pick<AccountPeople, "people" | "probabilities" | "low" | "high" | "usage" | "evidence"> {
  /** Log time, epoch milliseconds. */
  readonly countedAt: number;
  /** Of how many sessions. */
  readonly sessionCount: number;
}

/** As others may see it: it changes with the next record. */
export interface LiveAccount {
  /** Its name. */
  readonly key: string;
  /** In canonical order. */
  readonly sessions: readonly LiveSession[];
  /** Undefined before the first count, and once none of its sessions is kept. */
  readonly count: AccountCount | undefined;
}

export interface KeptAccount extends LiveAccount, Ordered {
  sessions: LiveSession[];
  count: AccountCount | undefined;
  /** The first number that no person of it was ever given. */
  nextPerson: number;
}

const usages: readonly AccountCount["usage"][] = ["single", "family", "homes", "resold"];

export function saveAccount(writer: ByteWriter, account: KeptAccount): void {
  writer.text(account.key);
  writer.u32(account.nextPerson);
  writer.u32(account.sessions.length);
  for (const session of account.sessions) saveSession(writer, session);
  const { count } = account;
  writer.u32(Number(count !== undefined));
  if (count === undefined) return;
  writer.u32(count.people);
  writer.u32(count.low);
  writer.u32(count.high);
  writer.array(Float64Array.from(count.probabilities));
  writer.u32(usages.indexOf(count.usage));
  writer.text(count.evidence);
  writer.f64(count.countedAt);
  writer.u32(count.sessionCount);
}

export function restoreAccount(reader: ByteReader, shared: (text: string) => string): KeptAccount {
  const key = reader.text();
  const nextPerson = reader.u32();
  const sessions = Array.from({ length: reader.u32() }, () => restoreSession(reader, shared));
  const count = reader.u32() === 1 ? restoreCount(reader) : undefined;
  return { key, order: 0, nextPerson, sessions, count };
}

function restoreCount(reader: ByteReader): AccountCount {
  return {
    people: reader.u32(),
    low: reader.u32(),
    high: reader.u32(),
    probabilities: [...reader.array(Float64Array)],
    usage: usages[reader.u32()],
    evidence: reader.text(),
    countedAt: reader.f64(),
    sessionCount: reader.u32(),
  };
}
