import { FoldbackError } from "../core/index.ts";
import type {
  AccountPeopleReport,
  AssignReply,
  AssignRequest,
  PeopleSummary,
} from "../people/index.ts";
import type { PeopleThread } from "./peopleThread.ts";

/** Who is behind accounts: what the people thread knows by the records that it has come to. */
export class LivePeople {
  readonly #thread: PeopleThread | undefined;
  readonly #checkOpen: () => void;

  /** @param thread undefined where the config has it off. @param checkOpen throws where the engine is closed. */
  constructor(thread: PeopleThread | undefined, checkOpen: () => void) {
    this.#thread = thread;
    this.#checkOpen = checkOpen;
  }

  /**
   * How many people are behind an account, who they are as far as devices and cities tell, and why.
   *
   * @param options.withSessions whether the sessions that are kept come as well, each with its person.
   * @throws FoldbackError NOT_FOUND of an account of which nothing is kept, and where `people.enabled` is off; CLOSED.
   */
  async of(
    account: string,
    options: { readonly withSessions?: boolean } = {},
  ): Promise<AccountPeopleReport> {
    const { withSessions = false } = options;
    const report = await this.#there().ask({ kind: "account", account, withSessions });
    if (report !== undefined) return report;
    throw new FoldbackError("NOT_FOUND", "there are no sessions of this account", {
      details: { account },
    });
  }

  /** Of all accounts together; small numbers are not told. @throws FoldbackError NOT_FOUND where it is off; CLOSED. */
  async summary(): Promise<PeopleSummary> {
    return this.#there().ask({ kind: "summary" });
  }

  /**
   * Whose a session would be. Nothing is kept of it.
   *
   * @throws FoldbackError NOT_FOUND of an account that was not counted yet, and where it is off; CLOSED.
   */
  async assign(request: AssignRequest): Promise<AssignReply> {
    const reply = await this.#there().ask({ kind: "assign", request });
    if (reply !== undefined) return reply;
    throw new FoldbackError(
      "NOT_FOUND",
      "this account was not counted yet: it has too few sessions",
      {
        details: { account: request.account },
      },
    );
  }

  /** @throws FoldbackError NOT_FOUND, CLOSED. */
  #there(): PeopleThread {
    this.#checkOpen();
    if (this.#thread !== undefined) return this.#thread;
    throw new FoldbackError("NOT_FOUND", "people are not counted; people.enabled turns it on", {
      details: { setting: "people.enabled" },
    });
  }
}
