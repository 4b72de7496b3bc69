import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Clock, dayMs, FoldbackError, hourMs } from "../core/index.ts";
import { type Config, Foldback, type Notice } from "../engine/index.ts";
import type { Event } from "../event/index.ts";
import type { Simulated } from "../simulate/index.ts";
import { type DemoHttp, demoConfig, frozenConfig } from "./config.ts";
import type { DemoOptions } from "./options.ts";
import { Pace, type PaceChange } from "./pace.ts";
import { type ListenerFigures, What, type WhatFigures } from "./what.ts";
import { type HomeFigures, Who, type WhoFigures } from "./who.ts";
import { Why, type WhyFigures } from "./why.ts";
import { World } from "./world.ts";

export interface DemoParts {
  /** Empty, or not there yet: the demo begins anew. */
  readonly directory: string;
  readonly http?: DemoHttp;
  /** Of the machine; a test has one of its own. It never goes back. */
  readonly monotonicMs?: () => number;
  /** Events of the days before, as they are learned. */
  readonly onProgress?: (progress: DemoProgress) => void;
  readonly onNotice?: (notice: Notice) => void;
}

export interface DemoProgress {
  readonly events: number;
  /** Days of those before. */
  readonly day: number;
  readonly days: number;
}

export interface DemoClock {
  /** Simulated, epoch milliseconds, as all that follow: of the first day, when the stream began, now, and when it ends. */
  readonly start: number;
  readonly began: number;
  readonly now: number;
  readonly end: number;
  readonly speed: number;
  readonly isPaused: boolean;
  readonly isOver: boolean;
  readonly events: number;
}

export interface DemoFigures {
  readonly clock: DemoClock;
  readonly who: WhoFigures;
  readonly what: WhatFigures;
  readonly why: WhyFigures;
  /** Of one account each: whom was asked for, or who has most to show. */
  readonly home: HomeFigures | null;
  readonly listener: ListenerFigures | null;
}

/** Beside the data. */
export const configName = "foldback.config.json";
/** Events in one call: as many as the engine takes at once by default. */
const batchMax = 1000;
/** Training may be so many records behind; beyond, the world waits for it. */
const lagMax = 5000;
const waitMs = 20;
/** Of the days before: what is in one step has one log time, by which impressions wait half an hour for what is done about them. */
const pastStepMs = hourMs / 2;
/** Between two looks at the pace: at the default speed, a quarter of an hour of the world. */
const tickMs = 250;
/** Attribution looks at every conversion again, so not with each tick. */
const creditEveryMs = 3000;
/** Accounts whose people are asked for in one tick: some 2 ms each. */
const askedPerTick = 15;

/**
 * A simulated service that streams through a real engine, with what is true beside what the engine says of it.
 *
 * The engine sees events and nothing else; its clock is that of the simulated world, which has begun in the past. Beside it stands a second engine, a copy of the
 * first at the moment when the stream began: it learns no more, so that it shows what learning is worth.
 *
 * @example
 * const demo = await Demo.open(demoOptions({ now: Date.now() }), { directory });
 * demo.run();
 * console.log((await demo.figures()).who.exact);
 * await demo.close();
 */
export class Demo {
  readonly engine: Foldback;
  readonly #frozen: Foldback;
  readonly #options: DemoOptions;
  readonly #world: World;
  readonly #clock: WorldClock;
  readonly #pace: Pace;
  readonly #monotonicMs: () => number;
  readonly #who: Who;
  readonly #what: What;
  readonly #why: Why;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #eventCount: number;
  #creditAtMs = Number.NEGATIVE_INFINITY;

  private constructor(parts: {
    options: DemoOptions;
    world: World;
    clock: WorldClock;
    engine: Foldback;
    frozen: Foldback;
    past: readonly Simulated[];
    monotonicMs: () => number;
  }) {
    const { options, world, clock, engine, frozen, past, monotonicMs } = parts;
    this.engine = engine;
    this.#frozen = frozen;
    this.#options = options;
    this.#world = world;
    this.#clock = clock;
    this.#monotonicMs = monotonicMs;
    this.#pace = new Pace(options.speed, monotonicMs());
    this.#who = new Who(engine.people, world.households.people);
    this.#what = new What({ live: engine, frozen, simulation: world.simulation });
    this.#why = new Why(engine.attribution, world.simulation);
    this.#eventCount = past.length;
    for (const one of past) this.#note(one);
  }

  /**
   * Learns the days before, which takes some seconds, and stands ready to go on from there.
   *
   * @throws FoldbackError as `Foldback.open`.
   */
  static async open(options: DemoOptions, parts: DemoParts): Promise<Demo> {
    const { directory, http, onNotice, onProgress = () => {} } = parts;
    const { monotonicMs = () => performance.now() } = parts;
    const [live, still] = [join(directory, "live"), join(directory, "frozen")];
    await mkdir(directory, { recursive: true });
    const config = demoConfig(live, options.days, http);
    // For `foldback serve`, which then finds the snapshots to be of its settings.
    await writeFile(join(directory, configName), `${JSON.stringify(config, undefined, 2)}\n`);
    const world = new World(options);
    const clock = new WorldClock(options.start);
    const past = await learn(config, world, clock, options, onProgress);
    await cp(live, still, { recursive: true });
    const openOptions = { clock, ...(onNotice && { onNotice }) };
    const engine = await Foldback.open(config, openOptions);
    let frozen: Foldback;
    try {
      frozen = await Foldback.open(frozenConfig(config, still), { clock });
    } catch (error) {
      await engine.close();
      throw error;
    }
    const demo = new Demo({ options, world, clock, engine, frozen, past, monotonicMs });
    await demo.#ask(Number.POSITIVE_INFINITY);
    return demo;
  }

  /** Fails when an engine does. */
  get closed(): Promise<void> {
    return Promise.race([this.engine.closed, this.#frozen.closed, this.#running ?? never]);
  }

  /** Goes on by itself, at its pace, until it is closed. */
  run(): void {
    this.#running ??= this.#run();
    this.#running.catch(() => {}); // whoever waits on `closed` learns why
  }

  /** @throws FoldbackError REQUEST_INVALID for a speed out of range. */
  change(change: PaceChange): void {
    this.#pace.look(this.#monotonicMs()); // what has passed is at the speed it had, or not at all
    this.#pace.change(change);
  }

  /** As much of the world as is due by now. */
  async tick(): Promise<void> {
    const due = Math.floor(this.#pace.look(this.#monotonicMs()));
    if (due > 0 && !this.#isOver)
      await this.#advance(Math.min(this.#clock.now() + due, this.#world.end));
    await this.#ask(askedPerTick);
  }

  clock(): DemoClock {
    const { start } = this.#options;
    const { began, end } = this.#world;
    const { speed, isPaused } = this.#pace;
    const now = this.#clock.now();
    return {
      start,
      began,
      now,
      end,
      speed,
      isPaused,
      isOver: this.#isOver,
      events: this.#eventCount,
    };
  }

  /**
   * Everything that is shown. Some milliseconds: what looks at all accounts or conversions is asked as the world goes on.
   *
   * @param asked which household and which listener is looked at; one that is not known is left out.
   */
  async figures(
    asked: { home?: string | undefined; account?: string | undefined } = {},
  ): Promise<DemoFigures> {
    const { home = this.#who.busiest, account = this.#what.busiest } = asked;
    return {
      clock: this.clock(),
      who: this.#who.figures(),
      what: this.#what.figures(),
      why: this.#why.figures(),
      home: (home === undefined ? undefined : await this.#who.home(home)) ?? null,
      listener: (account === undefined ? undefined : this.#what.listener(account)) ?? null,
    };
  }

  /** Waits until all that was sent is learned, and the comparison knows of it. */
  async settled(): Promise<void> {
    await this.engine.settled();
    this.#creditAtMs = Number.NEGATIVE_INFINITY;
    await this.#ask(Number.POSITIVE_INFINITY);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running?.catch(() => {});
    const closed = await Promise.allSettled([this.engine.close(), this.#frozen.close()]);
    for (const one of closed) if (one.status === "rejected") throw one.reason;
  }

  get #isOver(): boolean {
    return this.#clock.now() >= this.#world.end;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.tick();
      await wait(tickMs, undefined, { signal }).catch(() => {}); // the end of the wait by the signal
    }
  }

  async #advance(until: number): Promise<void> {
    const { signal } = this.#stop;
    const coming = this.#world.take(until);
    const [songs, rest]: [Event[], Event[]] = [[], []];
    for (const { event } of coming) (event.type === "item_set" ? songs : rest).push(event);
    this.#clock.set(until);
    // A new song may be shown in the very step in which it comes. Also the copy hears of it: it has a name and a genre.
    await send(this.engine, songs, signal);
    await send(this.#frozen, songs, signal);
    // Before either engine knows what came of it.
    this.#what.foretell(coming);
    await send(this.engine, rest, signal);
    for (const one of coming) this.#note(one);
    this.#eventCount += coming.length;
    this.#what.settle(until);
  }

  #note(one: Simulated): void {
    this.#who.note(one);
    this.#what.note(one);
    this.#why.note(one);
  }

  async #ask(accounts: number): Promise<void> {
    await this.#who.refresh(accounts);
    const now = this.#monotonicMs();
    if (now < this.#creditAtMs + creditEveryMs) return;
    this.#creditAtMs = now;
    await this.#why.refresh();
  }
}

/** The simulated world's, which stands where events have been sent up to. */
class WorldClock implements Clock {
  #time: number;

  constructor(time: number) {
    this.#time = time;
  }

  now(): number {
    return this.#time;
  }

  set(time: number): void {
    this.#time = time;
  }
}

const never = new Promise<void>(() => {});

/** Sends the days before, waits until they are learned, and closes the engine, so that its snapshot has them. */
async function learn(
  config: Config,
  world: World,
  clock: WorldClock,
  { daysBefore, start }: DemoOptions,
  onProgress: (progress: DemoProgress) => void,
): Promise<Simulated[]> {
  const engine = await Foldback.open(config, { clock });
  const past: Simulated[] = [];
  try {
    for (let until = start + pastStepMs; until <= world.began; until += pastStepMs) {
      const coming = world.take(until);
      past.push(...coming);
      clock.set(until);
      await send(
        engine,
        coming.map(({ event }) => event),
      );
      const day = Math.ceil((until - start) / dayMs);
      onProgress({ events: past.length, day, days: daysBefore });
    }
    await engine.settled();
  } finally {
    await engine.close();
  }
  return past;
}

/** In order, in batches, no faster than is learned. */
async function send(
  engine: Foldback,
  events: readonly Event[],
  signal?: AbortSignal,
): Promise<void> {
  for (let from = 0; from < events.length; from += batchMax) {
    const batch = events.slice(from, from + batchMax);
    const { refused } = await engine.ingest(batch);
    if (refused.length > 0) {
      const [{ field, came, allowed }] = refused;
      throw new FoldbackError(
        "EVENT_INVALID",
        `the engine refused ${refused.length} simulated events: ${field} is ${came}; allowed: ${allowed}`,
      );
    }
    while (engine.status().trainingLag > lagMax && signal?.aborted !== true) await wait(waitMs);
  }
}
