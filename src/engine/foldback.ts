import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import {
  assert,
  type Clock,
  FoldbackError,
  hourMs,
  type Stages,
  systemClock,
} from "../core/index.ts";
import {
  type DescribedKind,
  descriptionOf,
  type Event,
  neededFields,
  type ParsedEvents,
  type Properties,
  type Pseudonyms,
  parseCsvText,
  parseEvents,
  type ServedItem,
  typesTaken,
} from "../event/index.ts";
import type { StreamState } from "../features/index.ts";
import type { EmbeddedLog } from "../log/index.ts";
import type { Board, BoardItem, RecommendedItem, RecommendedList } from "../recommend/index.ts";
import { isAccountName } from "./accountName.ts";
import {
  type AccountsPage,
  type AccountsRequest,
  accountsPage,
  type DescribedAccount,
  describedAccount,
  type SimilarAccount,
} from "./accounts.ts";
import {
  type AccountHistoryReport,
  type ActiveAccount,
  accountHistory,
  activeAccounts,
} from "./activeAccounts.ts";
import {
  type CatalogueItem,
  type CataloguePage,
  catalogueItem,
  cataloguePage,
  checkLimit,
  type PageRequest,
} from "./catalogue.ts";
import { resolveConfig, type UserConfig } from "./config.ts";
import type { Config } from "./configSchema.ts";
import { Descriptions } from "./descriptions.ts";
import { Erasures } from "./erasures.ts";
import { keptEvaluation, type TimedReport } from "./evaluation.ts";
import { contextOf } from "./experiments/assignments.ts";
import { type ExperimentReport, experimentReports } from "./experiments/experimentReport.ts";
import { experimentSetOf } from "./experiments/liveExperiment.ts";
import type {
  BoardCall,
  ErasureReport,
  EventType,
  IngestResult,
  LiveReport,
  Notice,
  OpenOptions,
  RecommendCall,
  ResponsesCall,
  SegmentResult,
  ServedList,
  SharedModel,
  Status,
} from "./foldbackTypes.ts";
import { Following } from "./following.ts";
import { Heartbeats } from "./heartbeats.ts";
import { createState } from "./learner.ts";
import { Lists } from "./lists.ts";
import { LiveAttribution } from "./liveAttribution.ts";
import { LivePeople } from "./livePeople.ts";
import { LoggedEvents } from "./loggedEvents.ts";
import { openLog } from "./openLog.ts";
import { openPseudonyms } from "./privacy.ts";
import { RateMeter } from "./rateMeter.ts";
import { RefusedEvents } from "./refusedEvents.ts";
import { Retention } from "./retention.ts";
import { type SegmentBatch, SegmentIntake, tooLarge } from "./segmentIntake.ts";
import { notifyRefused } from "./snapshotNotices.ts";
import { checkLogReaches, openSnapshots, restoreState, snapshotDirectory } from "./training.ts";
import { TrainingReports } from "./trainingReports.ts";
import { TrainingThread } from "./trainingThread.ts";
import { Upkeep } from "./upkeep.ts";
import { ViewThreads } from "./viewThreads.ts";

/** How often it is looked at how many examples have been learned from. */
const rateEveryMs = 1000;

/**
 * The engine: takes in events, learns from each, and recommends.
 *
 * One log on disk. In this thread the state that serving reads, following the log; in a worker thread
 * the trainer, following the same log; the model in memory that both share. Where they are on, who is behind accounts is counted in another, and
 * why they came in one more.
 *
 * @example
 * const engine = await Foldback.open({ dataDirectory: "data" });
 * await engine.ingest([{ type: "like", time: Date.now(), account: "a17", item: "song-1" }]);
 * const items = engine.recommend({ account: "a17", count: 10 });
 * await engine.close();
 */
export class Foldback {
  readonly config: Config;
  /** Who is behind accounts. */
  readonly people: LivePeople;
  /** Which touches earned which conversions. */
  readonly attribution: LiveAttribution;
  /** What is in the log. */
  readonly events: LoggedEvents;
  /** What was not taken, and why. */
  readonly refused: RefusedEvents;
  /**
   * Resolves when the engine has closed; fails when one of its threads does, with the reason: from then
   * on it takes nothing and answers nothing, and all that is left is to close it.
   */
  readonly closed: Promise<void>;
  readonly #clock: Clock;
  readonly #log: EmbeddedLog;
  readonly #state: StreamState;
  readonly #following: Following;
  readonly #lists: Lists;
  readonly #training: TrainingThread;
  readonly #views: ViewThreads;
  readonly #reports: TrainingReports;
  readonly #segment: SegmentIntake;
  readonly #descriptions: Descriptions;
  readonly #pseudonyms: Pseudonyms;
  readonly #rate = new RateMeter();
  readonly #eventRate = new RateMeter();
  readonly #rateTimer: NodeJS.Timeout;
  readonly #eventTypes: ReadonlySet<string>;
  readonly #heartbeats: Heartbeats;
  readonly #erasures: Erasures;
  readonly #upkeep: Upkeep;
  readonly #headAtOpen: number;
  #servedLost = 0;
  /** Whether the log has the experiments as they are now, or is about to. */
  #areExperimentsSet = false;
  #hasCaughtUp = false;
  #ingested = { accepted: 0, duplicates: 0, refused: 0 };
  /** Why nothing is taken any more: closing, or failed. */
  #end: FoldbackError | undefined;
  #closing: Promise<void> | undefined;

  private constructor(parts: {
    config: Config;
    clock: Clock;
    log: EmbeddedLog;
    pseudonyms: Pseudonyms;
    state: StreamState;
    training: TrainingThread;
    views: ViewThreads;
    reports: TrainingReports;
    onNotice: (notice: Notice) => void;
  }) {
    const { config, clock, log, pseudonyms, state, training, views, reports, onNotice } = parts;
    this.config = config;
    this.#pseudonyms = pseudonyms;
    this.#clock = clock;
    this.#log = log;
    this.#state = state;
    this.#training = training;
    this.#views = views;
    this.people = new LivePeople({
      thread: views.people,
      now: () => clock.now(),
      checkOpen: () => this.#checkOpen(),
      pseudonyms,
    });
    this.attribution = new LiveAttribution({
      thread: views.attribution,
      settings: config.attribution,
      checkOpen: () => this.#checkOpen(),
    });
    const sessionsOf = async (accounts: readonly string[]) => {
      await views.attribution?.applied(headOf(log));
      return [
        ...accounts.flatMap((account) => state.histories.of(account).sessions),
        ...((await views.attribution?.ask({ kind: "sessionsOf", accounts })) ?? []),
      ];
    };
    this.events = new LoggedEvents({
      log,
      nameOf: (account) => this.#nameOf(account),
      sessionsOf,
      checkOpen: () => this.#checkOpen(),
    });
    this.refused = new RefusedEvents({ now: () => clock.now(), areNamesKept: !pseudonyms.areUsed });
    this.#reports = reports;
    this.#lookAtRate();
    this.#rateTimer = setInterval(() => this.#lookAtRate(), rateEveryMs).unref();
    this.#lists = new Lists({ config, clock, state, restored: training.restored });
    this.#eventTypes = new Set(config.eventTypes);
    this.#descriptions = new Descriptions(state);
    this.#segment = new SegmentIntake(config, (account) =>
      this.#descriptions.latest("account", this.#nameOf(account)),
    );
    this.#headAtOpen = headOf(log);
    this.#following = new Following(log, state);
    this.#heartbeats = new Heartbeats({
      clock,
      quietMs: config.training.impressions.windowSeconds * 1000,
      append: (event) => this.#append([event]),
    });
    this.#erasures = new Erasures({
      dataDirectory: config.dataDirectory,
      log,
      now: () => clock.now(),
      sessionsOf,
      append: async (events) => (await this.#append(events)).end,
      keepNoSnapshotBefore: (offset) =>
        Promise.all([training.keepOnlyFrom(offset), views.keepOnlyFrom(offset)]),
    });
    this.#upkeep = new Upkeep({
      erasures: this.#erasures,
      retention: new Retention(log, config.retention.days),
      retentionEveryMs: config.retention.everyHours * hourMs,
      now: () => clock.now(),
      settled: () => this.settled(),
      onNotice,
    });
    this.#upkeep.start();
    views.people?.say(this.#headAtOpen, async (sessions) => {
      const time = clock.now();
      const staying = sessions.filter(({ account }) => !this.#erasures.isLeaving(account));
      if (staying.length === 0) return headOf(log);
      const events = staying.map(
        ({ account, session, person }): Event => ({
          type: "person_assigned",
          time,
          account,
          session,
          context: { person },
        }),
      );
      return (await this.#append(events)).end;
    });
    const endings = [this.#following.ended, training.ended, views.ended];
    this.closed = Promise.all(endings).then(() => undefined);
    this.closed.catch((error: unknown) => this.#fail(error)); // whoever waits on it learns why
  }

  /**
   * Opens the data directory and catches up with its log; `status().ready` tells when that is done.
   *
   * @throws FoldbackError CONFIG_INVALID; DATA_LOCKED, DATA_CORRUPT, LOG_UNAVAILABLE. Then nothing of it
   *   runs on, and the directory is free.
   */
  static async open(user: UserConfig = {}, options: OpenOptions = {}): Promise<Foldback> {
    const { clock = systemClock, onNotice = () => {} } = options;
    const config = resolveConfig(user);
    const log = await openLog(config, {
      clock,
      onNotice: ({ kind, message }) => onNotice({ kind: "kafka", about: kind, message }),
    });
    let training: TrainingThread | undefined;
    let views: ViewThreads | undefined;
    try {
      const end = headOf(log);
      const pseudonyms = openPseudonyms(config, log);
      // Before the training thread is there: it writes snapshots, and both must find the same one.
      const restored = restoreState(openSnapshots(config), config, createState(config));
      const { value: state, sequence, refused } = restored;
      checkLogReaches(sequence, end, snapshotDirectory(config));
      notifyRefused(refused, { from: sequence, to: end }, onNotice);
      const reports = new TrainingReports(onNotice);
      training = await TrainingThread.start(config, log.share(), (report) => reports.take(report));
      assert(training.restored.sequence === sequence, "both threads restored one snapshot");
      views = await ViewThreads.start({ config, log: log.share(), logEnd: headOf(log), onNotice });
      return new Foldback({
        config,
        clock,
        log,
        pseudonyms,
        state,
        training,
        views,
        reports,
        onNotice,
      });
    } catch (error) {
      training?.stop();
      views?.stop();
      // The lock of the log covers their snapshots too.
      await Promise.allSettled([training?.ended, views?.gone]);
      await log.close();
      throw error;
    }
  }

  /**
   * Takes a batch of events as they came, each on its own merits. When it resolves, what was accepted is
   * on disk, and the next `recommend` knows of it; the model follows within milliseconds.
   *
   * @throws FoldbackError BATCH_TOO_LARGE, REQUEST_INVALID, OVERLOADED, CLOSED: then nothing was accepted;
   *   LOG_UNAVAILABLE: then the batch is there whole or not at all, and may be sent again with the same ids.
   */
  async ingest(inputs: readonly unknown[], stages?: Stages): Promise<IngestResult> {
    this.#checkOpen();
    if (!Array.isArray(inputs)) {
      throw new FoldbackError("REQUEST_INVALID", `events are ${typeof inputs}; allowed: a list`);
    }
    this.#checkBatch(inputs.length);
    const now = this.#clock.now();
    stages?.begin("parsing");
    const parsed = parseEvents(inputs, { now, extraTypes: this.#eventTypes });
    return this.#take(parsed, (index) => inputs[index], stages);
  }

  /**
   * The same of a text of CSV, read as a file of it: names of columns in the first row, then a row an event; `index` of what is refused counts those.
   *
   * @throws FoldbackError as `ingest`; REQUEST_INVALID as well for columns that are not known.
   */
  async ingestCsv(text: string, stages?: Stages): Promise<IngestResult> {
    this.#checkOpen();
    stages?.begin("parsing");
    const { rows, ...parsed } = csvEvents(text, {
      now: this.#clock.now(),
      extraTypes: this.#eventTypes,
      rowsMax: this.config.http.batchEventsMax,
    });
    this.#checkBatch(rows.length);
    return this.#take(parsed, (index) => rows[index], stages);
  }

  /**
   * The same of messages in the shape of Segment's tracking API, each of which becomes none, one or several
   * events; what no event says is told by name.
   *
   * @throws FoldbackError as `ingest`; BATCH_TOO_LARGE as well where they would become too many events.
   */
  async ingestSegment(batch: SegmentBatch, stages?: Stages): Promise<SegmentResult> {
    this.#checkOpen();
    this.#checkBatch(batch.messages.length);
    stages?.begin("parsing");
    const { unmapped, ...parsed } = this.#segment.map(batch, this.#clock.now());
    const result = await this.#take(parsed, (index) => batch.messages[index], stages);
    return { ...result, unmapped };
  }

  /**
   * What to show this account or session next, best first. Never what it already had.
   *
   * @throws FoldbackError REQUEST_INVALID for a count out of range, or what can't be an account; CLOSED.
   */
  recommend(request: RecommendCall): RecommendedItem[] {
    return this.recommendList(request).items;
  }

  /**
   * The same, with why the items of `missing` are not in it.
   *
   * @throws FoldbackError as `recommend`.
   */
  recommendList(came: RecommendCall): RecommendedList & Pick<ServedList, "variants"> {
    this.#checkOpen();
    const request = { ...came, account: this.#nameOf(came.account) };
    const serving = request.experiments === true ? this.#lists.servingOf(request) : undefined;
    const { variants } = serving ?? {};
    return { ...this.#lists.recommended(request, { serving }), ...(variants && { variants }) };
  }

  /**
   * The same, and what was recommended goes into the log (`served`) under a request of its own: send it
   * with the impressions of the list and with what is done about them. The list does not wait for the disk;
   * where it can't be logged, `status().servedLost` counts it. It is varied as `serving.exploration` says, and as
   * the account's variants of `experiments` do, which the log names.
   *
   * @throws FoldbackError as `recommend`.
   */
  serve(came: RecommendCall): ServedList {
    this.#checkOpen();
    const request = { ...came, account: this.#nameOf(came.account) };
    const id = randomUUID();
    const serving = this.#lists.servingOf(request);
    const exploreSeed = Number.parseInt(id.slice(0, 8), 16);
    const { items, missing } = this.#lists.recommended(request, { serving, exploreSeed });
    const { account } = request;
    const list = items.map(
      ({ item, propensity = 1, insteadOf }): ServedItem => ({
        item,
        propensity,
        ...(insteadOf !== undefined && { insteadOf }),
      }),
    );
    const { variants } = serving ?? {};
    const event: Event = {
      type: "served",
      time: this.#clock.now(),
      account,
      request: id,
      ...(variants && { context: contextOf(variants) }),
      list,
    };
    // What is measured stands in the log before what is counted: with each opening, as others may have opened it since.
    const sets = variants === undefined || this.#areExperimentsSet ? [] : this.#experimentSets();
    this.#areExperimentsSet ||= sets.length > 0;
    this.#append([...sets, event]).then(
      () => this.#heartbeats.note(),
      () => {
        this.#servedLost++;
        if (sets.length > 0) this.#areExperimentsSet = false;
      },
    );
    return { request: id, ...(variants && { variants }), items, missing };
  }

  /**
   * How likely the account acts on each item of a list that somebody else has made, if it is shown now: (items,), each 0 to 1. What
   * it had already is foretold like everything else. Undefined where the model of responses is off, or has learned nothing yet.
   *
   * @throws FoldbackError REQUEST_INVALID for a list out of range; NOT_FOUND for an item that no event has named; CLOSED.
   */
  responses(came: ResponsesCall): Float64Array | undefined {
    this.#checkOpen();
    return this.#lists.responses({ ...came, account: this.#nameOf(came.account) });
  }

  #experimentSets(): Event[] {
    const time = this.#clock.now();
    return this.#lists.assignments.experiments.map((experiment) =>
      experimentSetOf(experiment, time),
    );
  }

  /**
   * What may be said of each experiment by now, by the records that training has come to.
   *
   * @throws FoldbackError CLOSED.
   */
  async experiments(): Promise<ExperimentReport[]> {
    this.#checkOpen();
    const outcomes = await this.#training.outcomes();
    return experimentReports(outcomes, this.#lists.assignments.experiments, this.#clock.now());
  }

  /**
   * A list that is the same for everybody: what is wanted most of late, or ever, or was seen first last.
   *
   * @throws FoldbackError REQUEST_INVALID for a count or rule out of range; CLOSED.
   */
  board(board: Board, call: BoardCall): BoardItem[] {
    this.#checkOpen();
    return this.#lists.board(board, call);
  }

  /**
   * Items that the accounts of this one want, too, or next. Empty where nothing is known of it.
   *
   * @throws FoldbackError as `board`.
   */
  similar(item: string, call: BoardCall): BoardItem[] {
    this.#checkOpen();
    return this.#lists.similar(item, call);
  }

  /** Undefined of an item that the catalogue does not know, or no more. @throws FoldbackError CLOSED. */
  item(name: string): CatalogueItem | undefined {
    this.#checkOpen();
    return catalogueItem(this.#state, name);
  }

  /** A page of the catalogue, by order of first mention. @throws FoldbackError REQUEST_INVALID, CLOSED. */
  items(request: Omit<PageRequest, "now">): CataloguePage {
    this.#checkOpen();
    return cataloguePage(this.#state, { ...request, now: this.#clock.now() });
  }

  /** Undefined of an account that nothing is said of. @throws FoldbackError CLOSED. */
  account(name: string): DescribedAccount | undefined {
    this.#checkOpen();
    return describedAccount(this.#state, this.#nameOf(name));
  }

  /** A page of the accounts that something is said of. @throws FoldbackError REQUEST_INVALID, CLOSED. */
  accounts(request: AccountsRequest): AccountsPage {
    this.#checkOpen();
    return accountsPage(this.#state, request);
  }

  /**
   * Accounts that wanted the same lately, most alike first; none of one that nobody has heard of.
   *
   * @throws FoldbackError REQUEST_INVALID for a count out of range; CLOSED.
   */
  similarAccounts(account: string, count: number): SimilarAccount[] {
    this.#checkOpen();
    return this.#lists.similarAccounts(this.#nameOf(account), count);
  }

  /**
   * Accounts and sessions that did something with items, the latest first, whose names begin so. Where accounts are kept under
   * pseudonyms, these are their names.
   *
   * @throws FoldbackError REQUEST_INVALID for a limit out of range; CLOSED.
   */
  activeAccounts(request: { readonly prefix?: string; readonly limit: number }): ActiveAccount[] {
    this.#checkOpen();
    checkLimit(request.limit);
    return activeAccounts(this.#state, request);
  }

  /** What an account had, the latest first. @throws FoldbackError REQUEST_INVALID for a limit out of range; CLOSED. */
  history(account: string, limit: number): AccountHistoryReport {
    this.#checkOpen();
    checkLimit(limit);
    return { ...accountHistory(this.#state, this.#nameOf(account), limit), account };
  }

  /** What `foldback evaluate` said of this data directory; undefined where it did not. @throws FoldbackError DATA_CORRUPT. */
  evaluation(): Promise<TimedReport | undefined> {
    return keptEvaluation(this.config);
  }

  /** What moves from second to second. */
  live(): LiveReport {
    const eventsPerSecond = this.#eventRate.perSecond(performance.now(), this.#ingested.accepted);
    return { eventsPerSecond, ...this.#lists.occupancy() };
  }

  /**
   * Describes an item or an account, beginning from what was said of it last. No other description comes in between.
   *
   * @param change gives all its properties; what it throws, the call does, and nothing is changed. Undefined: it has no
   *   description. Its properties may be on their way to the disk still.
   * @throws FoldbackError as `ingest`.
   */
  async describe(
    kind: DescribedKind,
    name: string,
    change: (latest: Properties | undefined) => Readonly<Record<string, unknown>>,
  ): Promise<IngestResult> {
    const known = kind === "account" ? this.#nameOf(name) : name;
    const properties = change(this.#descriptions.latest(kind, known));
    return this.ingest([descriptionOf(kind, name, properties, this.#clock.now())]);
  }

  /**
   * Forgets accounts, and the sessions that logged in to them (or sessions alone), up to 1,000 a call: their history and rows, their events in the
   * log, and the snapshots that have them. When it resolves, no file of the data directory has their names. It
   * takes a snapshot, and a pass over the log; where it can't be ended, it is after the next open.
   *
   * @throws FoldbackError REQUEST_INVALID: then nothing was begun; LOG_UNAVAILABLE, DATA_CORRUPT, CLOSED.
   */
  async erase(accounts: readonly string[]): Promise<ErasureReport> {
    this.#checkOpen();
    const report = await this.#erasures.erase(accounts.map((account) => this.#nameOf(account)));
    this.refused.forget(accounts);
    return report;
  }

  /** Types of events that are taken: those that are known, and those that the config declares. */
  eventTypes(): EventType[] {
    return typesTaken(this.#eventTypes).map((type) => ({ type, needed: neededFields(type) }));
  }

  status(): Status {
    const records = headOf(this.#log);
    const { progress, restored } = this.#training;
    const { nextOffset: trained, exampleCount, logTime } = progress;
    this.#hasCaughtUp ||= Math.min(this.#following.appliedOffset, trained) >= this.#headAtOpen;
    return {
      ready: this.#hasCaughtUp && this.#end === undefined,
      readOnly: this.#log.stats().isStopped,
      records,
      servingLag: Math.max(0, records - this.#following.appliedOffset),
      trainingLag: Math.max(0, records - trained),
      // The log time of what a snapshot has learned is not known: until the first record there is no lag in it.
      trainingLagMs:
        trained >= records || logTime === 0 ? 0 : this.#log.stats().newestLogTime - logTime,
      examples: exampleCount,
      items: this.#state.items.seen.length,
      accounts: this.#state.histories.accountCount,
      servedLost: this.#servedLost,
      restoredFrom: restored.sequence,
      ingested: this.#ingested,
      unmapped: this.#segment.unmapped,
      snapshots: this.#reports.snapshots,
      health: {
        examplesPerSecond: this.#rate.perSecond(performance.now(), exampleCount),
        ...(this.#reports.health ?? restored.health),
      },
    };
  }

  /**
   * What another thread of this process needs to read the model while it learns, by `postMessage` or
   * `workerData`; good until the engine is closed.
   */
  share(): SharedModel {
    const { restored, progress } = this.#training;
    return { arena: restored.arena, model: restored.model, progress: progress.buffer };
  }

  /**
   * Waits until all threads have applied everything that is in the log now.
   *
   * @throws FoldbackError CLOSED when the engine is closed before; what it failed of.
   */
  async settled(): Promise<void> {
    const head = headOf(this.#log);
    while (this.#training.progress.nextOffset < head || this.#following.appliedOffset < head) {
      this.#checkOpen();
      await setTimeout(2); // training tells nobody: a look at two numbers costs less than a message
    }
    await this.#views.applied(head);
  }

  /**
   * Finishes the appends under way, takes a snapshot, ends the threads and frees the directory. What is in
   * the log and was not learned from yet is learned after the next `open`. A second call waits for the first.
   *
   * @throws what the engine failed of, if it did; it is closed all the same.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#end ??= new FoldbackError("CLOSED", "the engine is closed; open it again");
    this.#heartbeats.stop();
    this.#upkeep.stop();
    this.#training.stop();
    this.#views.stop();
    clearInterval(this.#rateTimer);
    await Promise.allSettled([this.#training.ended, this.#views.gone]); // then the lock may go: nothing writes any more
    try {
      await this.#log.close(); // after the appends under way
    } finally {
      this.#following.stop();
    }
    await this.closed;
  }

  /** What the log calls an account, or a session; what can't be one is told by who checks it. */
  #nameOf(account: string): string {
    return isAccountName(account) ? this.#pseudonyms.of(account) : account;
  }

  #lookAtRate(): void {
    this.#rate.look(performance.now(), this.#training.progress.exampleCount);
    this.#eventRate.look(performance.now(), this.#ingested.accepted);
  }

  #fail(cause: unknown): void {
    this.#heartbeats.stop();
    this.#upkeep.stop();
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#end ??= new FoldbackError("CLOSED", `the engine has failed: ${reason}`, { cause });
    this.#following.stop();
    this.#training.stop();
    this.#views.stop();
  }

  /** @throws FoldbackError CLOSED. */
  #checkOpen(): void {
    if (this.#end !== undefined) throw this.#end;
  }

  /** What was there at the open is no reason to turn away what comes now: it gets less by itself. */
  #checkLag(): void {
    const { lagRecordsMax } = this.config.training;
    const learned = Math.max(this.#training.progress.nextOffset, this.#headAtOpen);
    const lag = headOf(this.#log) - learned;
    if (lag < lagRecordsMax) return;
    throw new FoldbackError(
      "OVERLOADED",
      `training is ${lag} events behind; allowed: ${lagRecordsMax}. Send fewer a second, and these again later`,
      { details: { lag, allowed: lagRecordsMax } },
    );
  }

  #checkBatch(length: number): void {
    const { batchEventsMax } = this.config.http;
    if (length > batchEventsMax) throw tooLarge(length, batchEventsMax);
  }

  /** @param sent what came at a place of the batch. */
  async #take(
    { events, refused }: ParsedEvents,
    sent: (index: number) => unknown,
    stages?: Stages,
  ): Promise<IngestResult> {
    if (events.length > 0) this.#checkLag();
    const duplicates = await this.#appendTaken(this.#pseudonyms.inEvents(events), stages);
    const accepted = events.length - duplicates;
    if (refused.length > 0) this.refused.note(refused, sent);
    this.#ingested = {
      accepted: this.#ingested.accepted + accepted,
      duplicates: this.#ingested.duplicates + duplicates,
      refused: this.#ingested.refused + refused.length,
    };
    return { accepted, duplicates, refused };
  }

  /** @returns how many were duplicates. */
  async #appendTaken(events: readonly Event[], stages?: Stages): Promise<number> {
    if (events.length === 0) return 0;
    const appending = this.#append(events, stages);
    this.#descriptions.note(events, appending);
    const { duplicateCount } = await appending;
    this.#heartbeats.note();
    return duplicateCount;
  }

  /** Resolves once serving has applied them; `end`: the offset after the last. */
  async #append(
    events: readonly Event[],
    stages?: Stages,
  ): Promise<{ readonly duplicateCount: number; readonly end: number }> {
    stages?.begin("logging");
    const { offsets, duplicateCount } = await this.#log.append(events);
    stages?.begin("applying");
    const last = offsets.reduce((a, b) => Math.max(a, b), -1);
    // The first of a duplicate may have been acknowledged to somebody else a moment ago.
    await this.#following.applied(duplicateCount === 0 ? last + 1 : headOf(this.#log));
    return { duplicateCount, end: last + 1 };
  }
}

/** What can't be read came in a request here, and is no file. @throws FoldbackError REQUEST_INVALID. */
function csvEvents(...given: Parameters<typeof parseCsvText>): ReturnType<typeof parseCsvText> {
  try {
    return parseCsvText(...given);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FoldbackError("REQUEST_INVALID", `the body is no CSV of events: ${reason}`, {
      cause,
    });
  }
}

/** The next offset of the whole log. */
function headOf(log: EmbeddedLog): number {
  return log.heads().reduce((a, b) => Math.max(a, b), 0);
}
