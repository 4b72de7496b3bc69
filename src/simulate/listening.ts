import { dayMs } from "../core/index.ts";
import { twin } from "../kernels/index.ts";
import { type Catalogue, itemName } from "./catalogue.ts";
import type { Draws } from "./draws.ts";
import type { Emit } from "./emit.ts";
import type { ServingPolicy } from "./policy.ts";
import { accountName, activity, deviceName, type Person, type Population } from "./population.ts";
import { isWorkingHour } from "./routines.ts";
import { dot, moveTaste, tasteMotion } from "./tastes.ts";
import type { Trends } from "./trends.ts";

/** Places in a served list. */
export const listLength = 8;

// The logit of a play; docs/SIMULATION.md writes it as one formula.
const bias = -2.3; // with what follows, about one impression in five is played
const tasteWeight = 3.2;
/** Times ln(1 + position): the odds at the last of 8 places are half of those at the first. */
const positionWeight = -0.35;

/** Lists of a session beyond the first, mean. */
const furtherLists = 1.2;
/** Of lists: those after which the person looks for something that was not served. */
const searchShare = 0.15;
/** Items the person thinks of then, of which the likeliest is played. */
const searchedItems = 8;
/** Of impressions that are not played: told by a skip. */
const skipShare = 0.12;
/** Of plays, times the probability of playing: liked. */
const likeShare = 0.4;
/** Of likes. */
const saveShare = 0.25;
/** Of sessions of somebody who has liked something: the last like is taken back. */
const unlikeShare = 0.02;
/** Of working hours of somebody with a second place: spent there. */
const outShare = 0.85;
/** Of sessions: a `visit` tells how they were come to. */
const visitShare = 0.25;
const visitChannels = ["direct", "organic", "referral"];
const visitWeights = [0.5, 0.3, 0.2];

interface Session {
  readonly name: string;
  listsLeft: number;
  request: string;
  /** The list, shape (listLength,); with the probabilities that each item in it is played. */
  readonly items: Int32Array;
  readonly probabilities: Float64Array;
  /** The next place in the list that the person looks at. */
  position: number;
  willSearch: boolean;
  /** What is going on, and told when it ends; undefined: nothing. */
  pending: Pending | undefined;
}

interface Pending {
  readonly item: number;
  /** Undefined: it was not served. */
  readonly position: number | undefined;
  /** Heard; 0: a skip. */
  readonly seconds: number;
  readonly isLiked: boolean;
}

export interface ListeningParts {
  readonly population: Population;
  readonly catalogue: Catalogue;
  readonly trends: Trends;
  readonly policy: ServingPolicy;
  readonly draws: Draws;
  readonly drift: number;
  readonly emit: Emit;
}

/**
 * What each person hears: sessions at their hours, lists served and looked through, plays, skips, likes.
 *
 * A person is in one session at the most. Memory: the open sessions.
 */
export class Listening {
  readonly #parts: ListeningParts;
  readonly #sessions = new Map<number, Session>();
  readonly #motion: ReturnType<typeof tasteMotion>;
  readonly #positionEffects: number[] = [];
  readonly #propensities = new Float64Array(listLength);
  #sessionCount = 0;
  #requestCount = 0;

  constructor(parts: ListeningParts) {
    this.#parts = parts;
    this.#motion = tasteMotion(parts.drift);
    for (let position = 0; position < listLength; position++) {
      this.#positionEffects.push(positionWeight * twin.log(1 + position));
    }
  }

  /** When the person next starts a session, after `time`; Infinity where that is past `end`. */
  nextStart(index: number, time: number, end: number): number {
    const { draws, population } = this.#parts;
    const person = population.people[index];
    const { weightMax } = person.routine;
    const perMs = (person.sessionsPerDay * weightMax) / dayMs;
    // A Poisson process whose rate follows the hours, by thinning (Lewis and Shedler, 1979).
    for (let at = time; at < end; ) {
      at += 1 + Math.floor(draws.exponential() / perMs);
      if (draws.uniform() * weightMax < activity(person, at)) return at;
    }
    return Number.POSITIVE_INFINITY;
  }

  /** The person does what is next; gives when they do something again. */
  act(index: number, time: number, end: number): number {
    const person = this.#parts.population.people[index];
    const session = this.#sessions.get(index);
    if (session === undefined) {
      const begun = this.#begin(person, time);
      this.#sessions.set(index, begun);
      return this.#serve(person, begun, time);
    }
    if (session.pending !== undefined) this.#tell(person, session, session.pending, time);
    if (session.position < listLength) return this.#look(session, time);
    if (session.willSearch) return this.#search(person, session, time);
    if (session.listsLeft > 0) return this.#serve(person, session, time);
    this.#sessions.delete(index);
    return this.nextStart(index, time, end);
  }

  #begin(person: Person, time: number): Session {
    const { draws, emit } = this.#parts;
    moveTaste(person.taste, time - person.tasteTime, this.#motion, draws);
    person.tasteTime = time;
    const session = `s${++this.#sessionCount}`;
    this.#access(person, session, time);
    const who = { account: accountName(person.account), session };
    const truth = { person: person.number };
    if (draws.chance(visitShare)) {
      const ad = { channel: visitChannels[draws.index(visitWeights)] };
      emit.push({ id: emit.nextId(), type: "visit", time, ...who, ad }, truth);
    }
    if (person.likedLast >= 0 && draws.chance(unlikeShare)) {
      const item = itemName(person.likedLast);
      person.likedLast = -1;
      emit.push({ id: emit.nextId(), type: "unlike", time, ...who, item }, truth);
    }
    return {
      name: session,
      listsLeft: 1 + draws.geometric(furtherLists),
      request: "",
      items: new Int32Array(listLength),
      probabilities: new Float64Array(listLength),
      position: listLength,
      willSearch: false,
      pending: undefined,
    };
  }

  #access(person: Person, session: string, time: number): void {
    const { draws, emit } = this.#parts;
    const isWorking = isWorkingHour(person.clock.hourOfWeek(time));
    const second = isWorking && draws.chance(outShare) ? person.second : undefined;
    const { city, state, zip, latitude, longitude } = second ?? person.home;
    const { device, platform } = this.#chooseDevice(person, second !== undefined);
    const { country, name: timeZone } = person.region.zone;
    emit.push(
      {
        id: emit.nextId(),
        type: "access",
        time,
        account: accountName(person.account),
        session,
        device,
        location: { city, state, zip },
        country,
        platform,
      },
      {
        person: person.number,
        place: { kind: second === undefined ? "home" : "second", latitude, longitude, timeZone },
      },
    );
  }

  /** Away from home: mostly the phone. At home: also what the household shares. */
  #chooseDevice(person: Person, isOut: boolean): { device: string; platform: string } {
    const { draws, population } = this.#parts;
    const { account, phone, phonePlatform, laptop } = person;
    const u = draws.uniform();
    if (!isOut && u < 0.35 && population.hasTv(account) && person.livesInFirstHome) {
      return { device: deviceName(account, 1), platform: "tv" };
    }
    if (laptop > 0 && u >= 0.7) return { device: deviceName(account, laptop), platform: "web" };
    return { device: deviceName(account, phone), platform: phonePlatform };
  }

  /** A list is shown, as a whole and at once; gives when the person has looked at its first place. */
  #serve(person: Person, session: Session, time: number): number {
    const { draws, emit, policy, trends } = this.#parts;
    session.listsLeft--;
    session.request = `q${++this.#requestCount}`;
    session.willSearch = draws.chance(searchShare);
    session.position = 0;
    policy.drawList(draws, session.items, this.#propensities);
    trends.set(time);
    const account = accountName(person.account);
    for (let position = 0; position < listLength; position++) {
      const item = session.items[position];
      const playProbability = twin.sigmoid(this.#logit(person, item, position));
      session.probabilities[position] = playProbability;
      emit.push(
        {
          id: emit.nextId(),
          type: "impression",
          time,
          account,
          session: session.name,
          item: itemName(item),
          request: session.request,
          position,
          context: { propensity: this.#propensities[position] },
        },
        { person: person.number, playProbability },
      );
    }
    return time + Math.floor(draws.between(1000, 8000));
  }

  /** Of each item that was told of, at the first place; as of the moment that `trends` was set to. */
  playProbabilities(person: Person): Float64Array {
    const { length } = this.#parts.policy.probabilities();
    return Float64Array.from({ length }, (_, item) => twin.sigmoid(this.#logit(person, item, 0)));
  }

  /** As of the moment that `trends` was set to. */
  #logit(person: Person, item: number, position: number): number {
    const { catalogue, trends } = this.#parts;
    const liking = tasteWeight * dot(person.taste, catalogue.vectors[item]);
    const wanted = catalogue.quality[item] + trends.boost(item);
    return bias + liking + wanted + this.#positionEffects[position];
  }

  /** Down the list until something is played or skipped; gives when that ends, or the list. */
  #look(session: Session, time: number): number {
    const { draws } = this.#parts;
    let at = time;
    while (session.position < listLength) {
      const position = session.position++;
      const item = session.items[position];
      at += Math.floor(draws.between(500, 4000));
      if (draws.chance(session.probabilities[position])) {
        session.pending = this.#play(item, position, session.probabilities[position]);
        return at + Math.round(session.pending.seconds * 1000);
      }
      if (draws.chance(skipShare)) {
        session.pending = { item, position, seconds: 0, isLiked: false };
        return at;
      }
    }
    return at;
  }

  #play(item: number, position: number | undefined, probability: number): Pending {
    const { catalogue, draws } = this.#parts;
    const lengthSeconds = catalogue.lengthSeconds[item];
    const isWhole = draws.chance(0.4 + 0.6 * probability);
    const seconds = isWhole ? lengthSeconds : 1 + draws.below(lengthSeconds);
    return { item, position, seconds, isLiked: draws.chance(likeShare * probability) };
  }

  #search(person: Person, session: Session, time: number): number {
    const { draws, policy, trends } = this.#parts;
    session.willSearch = false;
    trends.set(time);
    let best = -1;
    let bestLogit = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < searchedItems; i++) {
      const item = policy.draw(draws);
      const logit = this.#logit(person, item, 0);
      if (logit > bestLogit) {
        best = item;
        bestLogit = logit;
      }
    }
    session.pending = this.#play(best, undefined, twin.sigmoid(bestLogit));
    const lookingMs = Math.floor(draws.between(5000, 30_000));
    return time + lookingMs + Math.round(session.pending.seconds * 1000);
  }

  /** What was going on has ended. */
  #tell(person: Person, session: Session, pending: Pending, time: number): void {
    const { catalogue, draws, emit, policy } = this.#parts;
    session.pending = undefined;
    const { item, position, seconds, isLiked } = pending;
    const who = { time, account: accountName(person.account), session: session.name };
    const about = { item: itemName(item), artist: catalogue.artistName(item) };
    const served = position === undefined ? {} : { request: session.request, position };
    const truth = { person: person.number };
    if (seconds === 0) {
      emit.push({ id: emit.nextId(), type: "skip", ...who, ...about, ...served }, truth);
      return;
    }
    policy.countPlay(item);
    emit.push({ id: emit.nextId(), type: "play", ...who, ...about, ...served, seconds }, truth);
    if (!isLiked) return;
    person.likedLast = item;
    emit.push({ id: emit.nextId(), type: "like", ...who, ...about, ...served }, truth);
    if (draws.chance(saveShare)) {
      emit.push({ id: emit.nextId(), type: "save", ...who, ...about, ...served }, truth);
    }
  }
}
