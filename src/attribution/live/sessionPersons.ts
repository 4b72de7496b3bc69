import type { ByteReader, ByteWriter, SharedTexts } from "../../core/index.ts";

/** Which of an account's persons each of its sessions is, as was said last. */
export class SessionPersons {
  readonly #bySession = new Map<string, { readonly person: number; readonly time: number }>();

  get isEmpty(): boolean {
    return this.#bySession.size === 0;
  }

  /** Undefined where nobody is known. */
  of(session: string): number | undefined {
    return this.#bySession.get(session)?.person;
  }

  /** @param person 0: nobody known. @returns whether it was another one. */
  note(session: string, person: number, time: number): boolean {
    const before = this.of(session);
    if (person > 0) this.#bySession.set(session, { person, time });
    else this.#bySession.delete(session);
    return before !== this.of(session);
  }

  /** Of sessions that were somebody's before that time hardly anything is kept any more. @returns those that went. */
  dropBefore(from: number): string[] {
    const old = [...this.#bySession].filter(([, { time }]) => time < from);
    for (const [session] of old) this.#bySession.delete(session);
    return old.map(([session]) => session);
  }

  /** @returns the sessions that were somebody's. */
  clear(): string[] {
    const sessions = [...this.#bySession.keys()];
    this.#bySession.clear();
    return sessions;
  }

  save(writer: ByteWriter): void {
    writer.u32(this.#bySession.size);
    for (const [session, { person, time }] of this.#bySession) {
      writer.text(session);
      writer.u32(person);
      writer.f64(time);
    }
  }

  static restore(reader: ByteReader, texts: Pick<SharedTexts, "of">): SessionPersons {
    const persons = new SessionPersons();
    for (let left = reader.u32(); left > 0; left--) {
      const session = texts.of(reader.text());
      persons.note(session, reader.u32(), reader.f64());
    }
    return persons;
  }
}
