import type {
  AccountHistory,
  AccountPatch,
  AccountPeople,
  AccountsPage,
  AccountsQuery,
  ActiveAccounts,
  ActiveAccountsQuery,
  AssignedSession,
  AttributionComparison,
  AttributionCredit,
  AttributionPaths,
  BoardItems,
  BoardQuery,
  Caller,
  CatalogueItem,
  CataloguePage,
  CatalogueQuery,
  CompareQuery,
  CreditQuery,
  DescribedAccount,
  Erasure,
  Evaluation,
  EventsPage,
  EventsQuery,
  EventTypes,
  Experiment,
  Experiments,
  ExportQuery,
  Health,
  HistoryQuery,
  IngestResult,
  ItemPatch,
  LiveQuery,
  LiveReading,
  NamedAccount,
  NamedItem,
  NewAccountProperties,
  NewEvent,
  NewItemProperties,
  NewSession,
  PathsQuery,
  PeopleQuery,
  PeopleSummary,
  PeopleSummaryQuery,
  Recommendations,
  RecommendationsQuery,
  RefusedEvents,
  SimilarAccounts,
  SimilarAccountsQuery,
  Status,
  TimeToConversion,
  TimeToConversionQuery,
} from "../contract/index.ts";
import { FoldbackClientError } from "./errors.ts";
import { type Acknowledgement, EventQueue } from "./eventQueue.ts";
import { newId } from "./id.ts";
import { type ClientOptions, resolveOptions } from "./options.ts";
import { type HttpReply, type HttpRequest, type RequestOptions, Transport } from "./transport.ts";
import { pathOf, queryOf } from "./url.ts";

const ndjsonType = "application/x-ndjson";

/** Of what was read: for `ifMatch`. */
interface Version {
  /** Undefined where there is no description, or where something on the way took it off. */
  readonly etag: string | undefined;
}

export interface VersionedItem extends CatalogueItem, Version {}
export interface VersionedAccount extends DescribedAccount, Version {}

export interface ChangeOptions extends RequestOptions {
  /** Only where it is still as this `etag` has it, else PRECONDITION_FAILED; `*`: only where it has a description. */
  readonly ifMatch?: string;
}

/**
 * Talks to `foldback serve`. Runs in Node and in browsers, and uses nothing but `fetch`.
 *
 * Calls fail with a `FoldbackClientError`, or with the reason of their `signal`. What may be sent twice (reading, and
 * events, each of which has an id) is tried again where a second try can help: after waits that grow, and not before the
 * service wants to be asked again. What changes items and accounts is tried again only where it was turned away
 * untaken.
 *
 * @example
 * const client = new FoldbackClient({ baseUrl: "http://127.0.0.1:7878" });
 * await client.track({ type: "like", time: Date.now(), account: "a17", item: "song-1" });
 * const { items } = await client.recommendations("a17", { n: 5 });
 * await client.close();
 */
export class FoldbackClient {
  readonly #transport: Transport;
  readonly #queue: EventQueue;
  readonly #closeMsMax: number;
  #isClosed = false;

  /** @throws RangeError, TypeError for options that are none. */
  constructor(options: ClientOptions) {
    const { transport, queue, batchRequest, closeMsMax } = resolveOptions(options);
    this.#transport = new Transport(transport);
    this.#closeMsMax = closeMsMax;
    this.#queue = new EventQueue(queue, async (body, signal) => {
      const { status, requestId, result } = await this.#ingest(body, { ...batchRequest, signal });
      return { status, requestId, refused: result.refused } satisfies Acknowledgement;
    });
  }

  /**
   * Puts an event into the queue, which sends them in batches. Resolves once the service has it on disk; the very next
   * recommendation knows of it. An event without an `id` is given one.
   *
   * @throws FoldbackClientError QUEUE_FULL, CLIENT_CLOSED, then it was not taken; EVENT_INVALID: it was refused, and
   *   `details` have `field`, `came` and `allowed`; else what its batch failed of, after all tries.
   */
  async track(event: NewEvent): Promise<void> {
    return this.#queue.add(JSON.stringify(withId(event)));
  }

  /** Sends what `track` was given so far, at once. Resolves when all of it is acknowledged or has failed. */
  flush(): Promise<void> {
    return this.#queue.flush();
  }

  /**
   * Takes no more calls, and sends what `track` was given. Resolves when all of it is acknowledged or has failed: with
   * CLIENT_CLOSED what is not acknowledged after `closeMsMax`. Twice is once.
   */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.#queue.close(this.#closeMsMax);
  }

  /**
   * Sends events now, in one request. Each is taken or refused for itself: `accepted + duplicates` of them are on disk
   * (duplicates: they were there before, or a first try whose reply was lost has taken them).
   *
   * @throws FoldbackClientError BATCH_TOO_LARGE, …
   */
  async ingest(events: readonly NewEvent[], options?: RequestOptions): Promise<IngestResult> {
    this.#checkOpen();
    const { result } = await this.#ingest(JSON.stringify(events.map(withId)), options);
    return result;
  }

  /**
   * Sends events as a file has them: one JSON event a line, or CSV whose first row names its columns. As `ingest`, but nothing is given an `id`, so
   * it is tried again only where the service turned it away untaken. `index` of what is refused counts lines or rows as the route does.
   *
   * @throws FoldbackClientError BATCH_TOO_LARGE, REQUEST_INVALID, …
   */
  async ingestText(
    text: string,
    mediaType: "application/x-ndjson" | "text/csv",
    options?: RequestOptions,
  ): Promise<IngestResult> {
    this.#checkOpen();
    const headers = { "content-type": mediaType };
    return (await this.#ingest(text, options, { headers, isRepeatable: false })).result;
  }

  /** What to show this account, or session, next. With `explain` items say why; `missing` asks why others are not there. */
  recommendations(
    account: string,
    query?: RecommendationsQuery,
    options?: RequestOptions,
  ): Promise<Recommendations> {
    return this.#get(["v1", "accounts", account, "recommendations"], query, options);
  }

  /**
   * Forgets an account: when it resolves, no file of the service has its name. May take longer than `timeoutMs` allows,
   * and is done all the same.
   */
  async eraseAccount(account: string, options?: RequestOptions): Promise<Erasure> {
    const path = pathOf("v1", "accounts", account);
    return (await this.#send({ method: "DELETE", path, isRepeatable: true }, options))
      .body as Erasure;
  }

  /** What the accounts of this item want, too. */
  similar(item: string, query?: BoardQuery, options?: RequestOptions): Promise<BoardItems> {
    return this.#get(["v1", "items", item, "similar"], query, options);
  }

  /** What is wanted most of late. */
  trending(query?: BoardQuery, options?: RequestOptions): Promise<BoardItems> {
    return this.#get(["v1", "trending"], query, options);
  }

  /** What is wanted most of all. */
  popular(query?: BoardQuery, options?: RequestOptions): Promise<BoardItems> {
    return this.#get(["v1", "popular"], query, options);
  }

  /** What was seen first last. */
  latest(query?: BoardQuery, options?: RequestOptions): Promise<BoardItems> {
    return this.#get(["v1", "latest"], query, options);
  }

  /** @throws FoldbackClientError NOT_FOUND where the catalogue does not know it. */
  async item(item: string, options?: RequestOptions): Promise<VersionedItem> {
    return this.#described<VersionedItem>(["v1", "items", item], options);
  }

  /** Describes an item: replaces all that was known of it. */
  async putItem(
    item: string,
    properties: NewItemProperties,
    { ifMatch, ...options }: ChangeOptions = {},
  ): Promise<VersionedItem> {
    const request = changing("PUT", ["v1", "items", item], ifMatch);
    return this.#change<VersionedItem>(request, properties, options);
  }

  /** Changes some of what is known of an item: what is null goes, the other properties that are given are replaced. */
  async patchItem(
    item: string,
    patch: ItemPatch,
    { ifMatch, ...options }: ChangeOptions = {},
  ): Promise<VersionedItem> {
    const request = changing("PATCH", ["v1", "items", item], ifMatch);
    return this.#change<VersionedItem>(request, patch, options);
  }

  /**
   * Takes an item out: it is not recommended any more, until it is described again.
   *
   * @throws FoldbackClientError NOT_FOUND where the catalogue does not know it.
   */
  async deleteItem(item: string, { ifMatch, ...options }: ChangeOptions = {}): Promise<void> {
    await this.#send(changing("DELETE", ["v1", "items", item], ifMatch), options);
  }

  /** Describes many items in one request; each is taken or refused for itself. */
  async putItems(items: readonly NamedItem[], options?: RequestOptions): Promise<IngestResult> {
    return this.#putAll("v1/items", items, options);
  }

  /** The catalogue, in the order of first mention, page by page as it is asked for; `limit`: items of a page. */
  async *items(
    query: CatalogueQuery = {},
    options?: RequestOptions,
  ): AsyncGenerator<CatalogueItem, void, undefined> {
    for await (const { items } of pagesOf(query, (of) => this.itemsPage(of, options))) yield* items;
  }

  /** One page; `next` is the `after` of the page that follows. */
  itemsPage(query?: CatalogueQuery, options?: RequestOptions): Promise<CataloguePage> {
    return this.#get(["v1", "items"], query, options);
  }

  /** What may be said of each experiment by now; intervals and p-values may be looked at at any time. */
  async experiments(options?: RequestOptions): Promise<readonly Experiment[]> {
    return (await this.#get<Experiments>(["v1", "experiments"], undefined, options)).experiments;
  }

  /** @throws FoldbackClientError NOT_FOUND where there is no experiment of that name. */
  experiment(name: string, options?: RequestOptions): Promise<Experiment> {
    return this.#get(["v1", "experiments", name], undefined, options);
  }

  /** What is said of an account. @throws FoldbackClientError NOT_FOUND where nothing is. */
  async account(account: string, options?: RequestOptions): Promise<VersionedAccount> {
    return this.#described<VersionedAccount>(["v1", "accounts", account], options);
  }

  /** Accounts that wanted the same lately. */
  similarAccounts(
    account: string,
    query?: SimilarAccountsQuery,
    options?: RequestOptions,
  ): Promise<SimilarAccounts> {
    return this.#get(["v1", "accounts", account, "similar"], query, options);
  }

  /** Accounts and sessions that did something, the latest first. */
  activeAccounts(query?: ActiveAccountsQuery, options?: RequestOptions): Promise<ActiveAccounts> {
    return this.#get(["v1", "active-accounts"], query, options);
  }

  /** What an account had, the latest first. */
  history(
    account: string,
    query?: HistoryQuery,
    options?: RequestOptions,
  ): Promise<AccountHistory> {
    return this.#get(["v1", "accounts", account, "history"], query, options);
  }

  /** Describes an account: replaces all that was said of it. */
  async putAccount(
    account: string,
    properties: NewAccountProperties,
    { ifMatch, ...options }: ChangeOptions = {},
  ): Promise<VersionedAccount> {
    const request = changing("PUT", ["v1", "accounts", account], ifMatch);
    return this.#change<VersionedAccount>(request, properties, options);
  }

  /** Changes some of what is said of an account: what is null goes, the other properties that are given are replaced. */
  async patchAccount(
    account: string,
    patch: AccountPatch,
    { ifMatch, ...options }: ChangeOptions = {},
  ): Promise<VersionedAccount> {
    const request = changing("PATCH", ["v1", "accounts", account], ifMatch);
    return this.#change<VersionedAccount>(request, patch, options);
  }

  /** Describes many accounts in one request; each is taken or refused for itself. */
  async putAccounts(
    accounts: readonly NamedAccount[],
    options?: RequestOptions,
  ): Promise<IngestResult> {
    return this.#putAll("v1/accounts", accounts, options);
  }

  /** Accounts of which something is said, page by page as it is asked for; one that is described anew comes again. */
  async *accounts(
    query: AccountsQuery = {},
    options?: RequestOptions,
  ): AsyncGenerator<DescribedAccount, void, undefined> {
    for await (const { accounts } of pagesOf(query, (of) => this.accountsPage(of, options)))
      yield* accounts;
  }

  /** One page; `next` is the `after` of the page that follows. */
  accountsPage(query?: AccountsQuery, options?: RequestOptions): Promise<AccountsPage> {
    return this.#get(["v1", "accounts"], query, options);
  }

  /** Who is behind an account; with `sessions`, also every session that is kept, with `tree` how alike they are. @throws FoldbackClientError NOT_FOUND where nothing is known. */
  people(account: string, query?: PeopleQuery, options?: RequestOptions): Promise<AccountPeople> {
    return this.#get(["v1", "accounts", account, "people"], query, options);
  }

  /** How many people are behind accounts, over all; numbers too small to be told are null. */
  peopleSummary(query?: PeopleSummaryQuery, options?: RequestOptions): Promise<PeopleSummary> {
    return this.#get(["v1", "people", "summary"], query, options);
  }

  /** Whose a session would be; nothing of it is kept. @throws FoldbackClientError NOT_FOUND where the account is not counted. */
  async assignPerson(session: NewSession, options?: RequestOptions): Promise<AssignedSession> {
    const body = JSON.stringify(session);
    const request = { method: "POST", path: "v1/people/assign", body, isRepeatable: true } as const;
    return (await this.#send(request, options)).body as AssignedSession;
  }

  /** Conversions under each combination of click and view windows. */
  compareAttribution(
    query?: CompareQuery,
    options?: RequestOptions,
  ): Promise<AttributionComparison> {
    return this.#get(["v1", "attribution", "compare"], query, options);
  }

  /** What each channel earned under each model, side by side. */
  attributionCredit(query?: CreditQuery, options?: RequestOptions): Promise<AttributionCredit> {
    return this.#get(["v1", "attribution", "credit"], query, options);
  }

  /** What stood in journeys, and together. */
  attributionPaths(query?: PathsQuery, options?: RequestOptions): Promise<AttributionPaths> {
    return this.#get(["v1", "attribution", "paths"], query, options);
  }

  /** How long journeys take to their conversions. */
  timeToConversion(
    query?: TimeToConversionQuery,
    options?: RequestOptions,
  ): Promise<TimeToConversion> {
    return this.#get(["v1", "attribution", "time-to-conversion"], query, options);
  }

  /** What is in the log, the newest first, by what it is of. With a filter a page may end before it is full: go on while it has a `next`. */
  eventsPage(query?: EventsQuery, options?: RequestOptions): Promise<EventsPage> {
    return this.#get(["v1", "events"], query, options);
  }

  /**
   * The events of the log as NDJSON, as they come, in the order of the log; of an account, all that would be erased with it. Not tried again: where it
   * breaks off, reading fails.
   *
   * @throws FoldbackClientError before the first byte; then what reading a `fetch` throws.
   */
  exportEvents(
    query: ExportQuery = {},
    { signal }: Pick<RequestOptions, "signal"> = {},
  ): Promise<ReadableStream<Uint8Array>> {
    this.#checkOpen();
    return this.#transport.stream(`v1/events/export${queryOf(query)}`, ndjsonType, signal);
  }

  /** What was not taken since the service began, and why. */
  refusedEvents(options?: RequestOptions): Promise<RefusedEvents> {
    return this.#get(["v1", "refused-events"], undefined, options);
  }

  /** What events may look like, by type. */
  eventTypes(options?: RequestOptions): Promise<EventTypes> {
    return this.#get(["v1", "event-types"], undefined, options);
  }

  /** Numbers of the service, and whether it is ready: until it has caught up with its log, and once it closes, it is not. */
  async status(options?: RequestOptions): Promise<Status> {
    const request = { method: "GET", path: "readyz", isRepeatable: true, alsoReply: 503 } as const;
    return (await this.#send(request, options)).body as Status;
  }

  /**
   * How the service fares, a reading a second, until the service ends it or the signal does. Not tried again: listen anew.
   *
   * @throws FoldbackClientError, at the first reading or later.
   */
  live(
    query: LiveQuery = {},
    { signal }: Pick<RequestOptions, "signal"> = {},
  ): AsyncGenerator<LiveReading, void, undefined> {
    const readings = this.#transport.events(`v1/live${queryOf(query)}`, signal);
    return readings as AsyncGenerator<LiveReading, void, undefined>;
  }

  /** What the client's key is good for. @throws FoldbackClientError UNAUTHENTICATED without one, where one is needed. */
  caller(options?: RequestOptions): Promise<Caller> {
    return this.#get(["v1", "key"], undefined, options);
  }

  /** How good its lists were, by `foldback evaluate`; undefined where that was not run. */
  async evaluation(options?: RequestOptions): Promise<Evaluation | undefined> {
    type Reply = { readonly evaluations: readonly Evaluation[] };
    return (await this.#get<Reply>(["v1", "evaluations"], undefined, options)).evaluations.at(0);
  }

  /** Whether the process answers. */
  health(options?: RequestOptions): Promise<Health> {
    return this.#get(["healthz"], undefined, options);
  }

  // Replies are as the contract says, which the service's tests hold it to: hence the types that they are given here.
  async #get<Reply>(
    segments: readonly string[],
    query: Parameters<typeof queryOf>[0] = {},
    options: RequestOptions | undefined,
  ): Promise<Reply> {
    const path = pathOf(...segments) + queryOf(query);
    return (await this.#send({ method: "GET", path, isRepeatable: true }, options)).body as Reply;
  }

  async #described<Reply>(
    segments: readonly string[],
    options: RequestOptions | undefined,
  ): Promise<Reply> {
    const request = { method: "GET", path: pathOf(...segments), isRepeatable: true } as const;
    return versioned(await this.#send(request, options)) as Reply;
  }

  async #change<Reply>(
    request: HttpRequest,
    body: object,
    options: RequestOptions,
  ): Promise<Reply> {
    const reply = await this.#send({ ...request, body: JSON.stringify(body) }, options);
    return versioned(reply) as Reply;
  }

  async #putAll(
    path: string,
    all: readonly object[],
    options: RequestOptions | undefined,
  ): Promise<IngestResult> {
    const body = JSON.stringify(all);
    const request = { method: "POST", path, body, isRepeatable: false } as const;
    return (await this.#send(request, options)).body as IngestResult;
  }

  async #ingest(
    body: string,
    options: RequestOptions | undefined,
    how: Pick<HttpRequest, "headers" | "isRepeatable"> = { isRepeatable: true },
  ): Promise<Omit<Acknowledgement, "refused"> & { readonly result: IngestResult }> {
    try {
      const request = { method: "POST", path: "v1/events", body, ...how } as const;
      const reply = await this.#transport.send(request, options);
      return { ...reply, result: reply.body as IngestResult };
    } catch (error) {
      // That none could be taken is said with the status of an error, and otherwise as that some could not.
      if (!(error instanceof FoldbackClientError) || error.code !== "EVENT_INVALID") throw error;
      const { status = 400, requestId = "", details } = error;
      return { status, requestId, result: details as unknown as IngestResult };
    }
  }

  async #send(request: HttpRequest, options: RequestOptions | undefined): Promise<HttpReply> {
    this.#checkOpen();
    return this.#transport.send(request, options);
  }

  #checkOpen(): void {
    if (!this.#isClosed) return;
    throw new FoldbackClientError("CLIENT_CLOSED", "the client is closed; make another");
  }
}

/** By which the service knows it again where it comes twice. */
function withId(event: NewEvent): NewEvent {
  return { ...event, id: event.id ?? newId() };
}

function changing(
  method: "PUT" | "PATCH" | "DELETE",
  segments: readonly string[],
  ifMatch: string | undefined,
): HttpRequest {
  const headers = ifMatch === undefined ? {} : { "if-match": ifMatch };
  return { method, path: pathOf(...segments), headers, isRepeatable: false };
}

function versioned({ body, headers }: HttpReply): object {
  return { ...(body as object), etag: headers.get("etag") ?? undefined };
}

/** One after the other, as they are asked for. */
async function* pagesOf<
  Query extends { readonly after?: string | undefined },
  Page extends { readonly next?: string },
>(query: Query, pageOf: (query: Query) => Promise<Page>): AsyncGenerator<Page, void, undefined> {
  let { after } = query;
  do {
    const page = await pageOf(after === undefined ? query : { ...query, after });
    yield page;
    after = page.next;
  } while (after !== undefined);
}
