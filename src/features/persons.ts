import { ByteReader, ByteWriter, type Ordered, OrderedMap } from "../core/index.ts";
import {
  descriptionIn,
  eventKey,
  type LogRecord,
  type Offsets,
  ReadOffsets,
  type SnapshotSink,
  type SnapshotSource,
  type View,
  wantsNoPeople,
} from "../event/index.ts";

export interface PersonsOptions {
  readonly partitionCount: number;
  /** Above it, the account of which the longest nothing was said is forgotten. */
  readonly accountsMax: number;
}

/** Sessions of an account that are remembered: later events of older ones are those of whoever was there last. */
const sessionsMax = 32;

interface Assigned {
  readonly session: string;
  /** 0: nobody that is known. */
  readonly person: number;
}

interface AccountPersons extends Ordered {
  /** As they were said, the latest last. */
  sessions: readonly Assigned[];
}

/**
 * Which of an account's persons is there, as `person_assigned` records say. Of an account with one person nothing is said.
 *
 * Memory: about 100 bytes a session, of at most 32 sessions an account.
 */
export class Persons implements View {
  readonly #accountsMax: number;
  readonly #read: ReadOffsets;
  readonly #byAccount = new OrderedMap<AccountPersons>({
    save: saveAccount,
    restore: restoreAccount,
  });

  constructor(options: PersonsOptions) {
    this.#accountsMax = options.accountsMax;
    this.#read = new ReadOffsets(options.partitionCount);
  }

  get offsets(): Offsets {
    return this.#read.next;
  }

  /**
   * The number of the person whose session it is; of a session that nothing was said of yet, that of the person who was there last.
   * Undefined where nobody is known.
   */
  of(account: string, session: string | undefined): number | undefined {
    const sessions = this.#byAccount.get(account)?.sessions;
    if (sessions === undefined) return undefined;
    const said = session && sessions.findLast((one) => one.session === session);
    const { person } = said || (sessions.findLast((one) => one.person > 0) ?? nobody);
    return person === 0 ? undefined : person;
  }

  apply(record: LogRecord): void {
    const { event } = record;
    if (!this.#read.take(record)) return;
    const { type, account, session, context } = event;
    if (type === "erase") this.#forget(eventKey(event));
    else if (wantsNoPeople(descriptionIn(event))) this.#forget(eventKey(event));
    else if (type === "person_assigned" && account !== undefined && session !== undefined) {
      this.#take(account, { session, person: Number(context?.["person"]) });
    }
  }

  save(sink: SnapshotSink): void {
    const read = new ByteWriter();
    this.#read.save(read);
    sink.write("persons", read.bytes());
    sink.writeParts("persons.accounts", this.#byAccount.parts());
  }

  restore(source: SnapshotSource): void {
    const read = new ByteReader(source.read("persons"), "persons");
    this.#read.restore(read);
    read.end();
    const reader = new ByteReader(source.read("persons.accounts"), "persons.accounts");
    this.#byAccount.restore(reader);
    reader.end();
  }

  #take(key: string, assigned: Assigned): void {
    const known = this.#byAccount.get(key);
    const account = known ?? { key, order: 0, sessions: [] };
    if (known === undefined) this.#byAccount.add(account);
    else this.#byAccount.renew(known);
    const before = account.sessions.filter(({ session }) => session !== assigned.session);
    account.sessions = [...before, assigned].slice(-sessionsMax);
    const { oldest } = this.#byAccount;
    if (this.#byAccount.size > this.#accountsMax && oldest !== undefined) {
      this.#byAccount.delete(oldest);
    }
  }

  #forget(account: string): void {
    const known = this.#byAccount.get(account);
    if (known !== undefined) this.#byAccount.delete(known);
  }
}

const nobody = { person: 0 } as const;

function saveAccount(writer: ByteWriter, { key, sessions }: AccountPersons): void {
  writer.text(key);
  writer.u32(sessions.length);
  for (const { session, person } of sessions) {
    writer.text(session);
    writer.u32(person);
  }
}

function restoreAccount(reader: ByteReader): AccountPersons {
  const key = reader.text();
  const sessions = Array.from({ length: reader.u32() }, () => ({
    session: reader.text(),
    person: reader.u32(),
  }));
  return { key, order: 0, sessions };
}
