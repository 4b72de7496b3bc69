/** The sessions of one account, in order of time. */
import { dayMs, hourMs } from "../../core/index.ts";
import { twin } from "../../kernels/index.ts";
import type { Draws } from "../draws.ts";
import type { Device } from "./device.ts";
import {
  drawHousehold,
  type Household,
  hourActivity,
  type Member,
  phaseAt,
  pick,
} from "./household.ts";
import { type Context, drawShares, type Moment } from "./listener.ts";
import type { Music } from "./music.ts";
import type { HouseholdParameters } from "./parameters.ts";
import {
  type ActionKind,
  dayNames,
  partNames,
  type SimulatedAccount,
  type SimulatedAction,
  type SimulatedSession,
} from "./records.ts";
import { deviceFor, seenPlace, type Whereabouts, whereIs } from "./whereabouts.ts";

const songMs = 220_000;
const skipMs = 25_000;
/** Without actions, a session is taken to be this long. */
const silentMs = hourMs / 2;
const gapMs = 60_000;
const ownPlaylists = 3;
const playlistLength = 30;
/** At most, of what is loaded down again at once. */
const downloadsAgain = 10;
/** Of a device that is left on, mean and at most. */
const songsOnMean = 12;
const songsOnMax = 40;
/** Bounds of loops that end far earlier. */
const tries = 200;

export function drawAccount(
  account: string,
  parameters: HouseholdParameters,
  music: Music,
  start: number,
  draws: Draws,
): SimulatedAccount {
  const household = drawHousehold(parameters, music, start, draws);
  const listening = new Listening(account, household, parameters, music, draws);
  const wishes = drawWishes(household, parameters, start, draws);
  const sessions = wishes
    .map((wish) => listening.session(wish))
    .sort((a, b) => a.start - b.start || a.person - b.person)
    // In order of time, so that where no time is told the order of tokens is the order of time.
    .map((session, at) => ({ ...session, token: `${account}-${String(at + 1).padStart(6, "0")}` }));
  const people = new Set(sessions.map(({ person }) => person)).size;
  const several = household.usage === "single" ? "family" : household.usage;
  return { account, people, usage: people === 1 ? "single" : several, sessions };
}

/** Who would like to listen when. */
interface Wish {
  readonly member: Member;
  readonly time: number;
}

function drawWishes(
  { members }: Household,
  parameters: HouseholdParameters,
  start: number,
  draws: Draws,
): Wish[] {
  const { dayBurst, days, personSessionsMin, sessionsMax, sessionsMin } = parameters;
  const least = twin.log(sessionsMin);
  const drawn = twin.exp(least + (twin.log(sessionsMax) - least) * draws.uniform());
  const total = Math.round(Math.min(Math.max(drawn, sessionsMin), sessionsMax));
  const each = Math.min(personSessionsMin, Math.floor(total / members.length));
  const weights = members.map(({ activity, from, until }) => activity * (until - from));
  const sum = weights.reduce((a, b) => a + b);
  const counts = weights.map((weight) => {
    return each + Math.floor(((total - each * members.length) * weight) / sum);
  });
  counts[0] += total - counts.reduce((a, b) => a + b);
  const wishes: Wish[] = [];
  for (const [at, member] of members.entries()) {
    const worths = Float64Array.from({ length: days + 1 }, () => draws.logNormal(dayBurst));
    // What is above a few times the mean is taken as if it were that, or the drawing would take long.
    const most = 8;
    for (let i = 0; i < counts[at]; i++) {
      let time = member.from;
      for (let attempt = 0; attempt < tries; attempt++) {
        time = Math.floor(member.from + draws.uniform() * (member.until - member.from));
        const hourOfWeek = hourWhere(member, time);
        const worth = worths[Math.floor((time - start) / dayMs)];
        const likely = worth * hourActivity(member, phaseAt(member, time), hourOfWeek, time);
        if (draws.chance(likely / most)) break;
      }
      wishes.push({ member, time });
    }
  }
  return wishes.sort((a, b) => a.time - b.time || a.member.number - b.member.number);
}

/** By the clock of where the person is. */
function hourWhere(member: Member, time: number): number {
  const trip = member.trips.find(({ from, until }) => from <= time && time < until);
  return (trip ?? phaseAt(member, time)).region.clock.hourOfWeek(time);
}

/** What changes from session to session. */
class Listening {
  readonly #account: string;
  readonly #household: Household;
  readonly #parameters: HouseholdParameters;
  readonly #music: Music;
  readonly #draws: Draws;
  readonly #states = new Map<Member, ListeningState>();
  readonly #sharedPlaylist: Playlist;
  readonly #deviceTastes = new Map<Device, NonNullable<Moment["device"]>>();
  #accountFree = 0;

  constructor(
    account: string,
    household: Household,
    parameters: HouseholdParameters,
    music: Music,
    draws: Draws,
  ) {
    this.#account = account;
    this.#household = household;
    this.#parameters = parameters;
    this.#music = music;
    this.#draws = draws;
    const { members } = household;
    for (const member of members) {
      const playlists = Array.from({ length: 1 + draws.below(ownPlaylists) }, (_, at) => ({
        name: `${account}-p${ownPlaylists * member.number + at}`,
        songs: drawPlaylist([member]),
      }));
      this.#states.set(member, { free: 0, playlists, downloaded: [], synced: new Set() });
    }
    this.#sharedPlaylist = { name: `${account}-p1`, songs: drawPlaylist(members) };
  }

  session({ member, time }: Wish): Omit<SimulatedSession, "token"> {
    const parameters = this.#parameters;
    const draws = this.#draws;
    const state = this.#states.get(member) as ListeningState; // made for every member
    const accountFree = this.#household.allowsOverlaps ? 0 : this.#accountFree;
    let start = Math.max(time, state.free, accountFree);
    let where = whereIs(member, start, parameters, draws);
    let device = deviceFor(this.#household, member, where, start, parameters, draws);
    if (device === undefined) {
      // All are in use: when the first is free.
      const all = [...Object.values(member.devices), ...this.#household.shared];
      start = Math.max(start, Math.min(...all.map(({ busyUntil }) => busyUntil)));
      device = all.find(({ busyUntil }) => busyUntil <= start) ?? all[0];
      where = whereIs(member, start, parameters, draws);
    }
    member.listener.moveTo(start);
    const actions = draws.chance(parameters.noActions)
      ? []
      : this.#actions(member, state, device, this.#moment(device, where.context), start);
    const left = actions.at(-1)?.time ?? start + silentMs;
    const isLeftOn = where.kind === "home" && draws.chance(parameters.leftOn);
    if (isLeftOn) this.#playOn(member, actions, device, where.context);
    const end = actions.at(-1)?.time ?? left;
    state.free = left + songMs + gapMs;
    device.busyUntil = end + gapMs;
    this.#accountFree = Math.max(this.#accountFree, end + gapMs);
    return {
      person: member.number,
      start,
      end,
      ...this.#row(member, device, where, start),
      actions,
    };
  }

  /** What the columns say. */
  #row(
    member: Member,
    device: Device,
    where: Whereabouts,
    start: number,
  ): Omit<SimulatedSession, "token" | "person" | "start" | "end" | "actions"> {
    const { columnMissing, deviceMissing } = this.#parameters;
    const draws = this.#draws;
    const { latitude, longitude, place, region } = seenPlace(
      member,
      where,
      this.#parameters,
      draws,
    );
    const hourOfWeek = region.clock.hourOfWeek(start);
    const kept = (text: string | undefined, missing: number): string | undefined =>
      draws.chance(missing) ? undefined : text;
    return {
      offsetMs: where.region.clock.offsetMs(start),
      hourOfWeek,
      device: kept(`${this.#account}-d${device.idAt(start)}`, deviceMissing),
      city: kept(place?.city, columnMissing),
      state: kept(place?.state, columnMissing),
      zip: kept(place?.zip, columnMissing),
      latitude,
      longitude,
      day: kept(dayNames[Math.floor(hourOfWeek / 24)], columnMissing),
      part: kept(partNames[Math.floor((hourOfWeek % 24) / 6)], columnMissing),
    };
  }

  #actions(
    { listener }: Member,
    state: ListeningState,
    device: Device,
    moment: Moment,
    start: number,
  ): SimulatedAction[] {
    const parameters = this.#parameters;
    const draws = this.#draws;
    const actions: SimulatedAction[] = [];
    let time = start;
    const add = (action: ActionKind, song: number, playlist: string | undefined): void => {
      actions.push(this.#action(action, song, playlist, time));
      time += 1000 * (1 + draws.below(4));
    };
    for (const song of this.#downloadsAgain(state, device, start)) add("download", song, undefined);
    const playlist = draws.chance(parameters.playlistUse)
      ? this.#playlist(state, listener.genre(moment))
      : undefined;
    const songs = 1 + draws.geometric(parameters.songsMean - 1);
    let song = -1;
    for (let i = 0; i < songs; i++) {
      const listed = playlist?.songs[draws.below(playlist.songs.length)];
      song = listed ?? listener.next(song, moment);
      if (draws.chance(parameters.skipShare)) {
        add("skip", song, playlist?.name);
        time += skipMs;
        continue;
      }
      listener.heard(song);
      add("play", song, playlist?.name);
      if (draws.chance(parameters.likeShare)) add("like", song, playlist?.name);
      if (draws.chance(parameters.playlistAddShare)) {
        const own = pick(state.playlists, draws);
        own.songs[draws.below(own.songs.length)] = song;
        add("playlist_add", song, own.name);
      }
      if (draws.chance(parameters.downloadShare)) {
        add("download", song, playlist?.name);
        state.downloaded.push(song);
      }
      if (i + 1 < songs) time += Math.floor(songMs * draws.between(0.7, 1.3));
    }
    return actions;
  }

  /** The player goes on by itself, in the way of what was played last. */
  #playOn(
    { listener }: Member,
    actions: SimulatedAction[],
    device: Device,
    context: Context,
  ): void {
    const draws = this.#draws;
    const last = actions.at(-1);
    if (last === undefined) return;
    let [time, song] = [last.time, Number(last.song.slice(1)) - 1];
    const songs = Math.min(1 + draws.geometric(songsOnMean), songsOnMax);
    for (let i = 0; i < songs; i++) {
      time += Math.floor(songMs * draws.between(0.7, 1.3));
      song = listener.next(song, this.#moment(device, context));
      actions.push(this.#action("play", song, undefined, time));
    }
  }

  /** A room's loudspeaker and a car have a taste of the moment of their own, and each device has some. */
  #moment(device: Device, context: Context): Moment {
    const { deviceTaste, tasteConcentration } = this.#parameters;
    const draws = this.#draws;
    const taste = this.#deviceTastes.get(device) ?? {
      share: deviceTaste * draws.between(0, 1),
      shares: drawShares(this.#music, tasteConcentration, false, draws),
    };
    this.#deviceTastes.set(device, taste);
    const isInRoom = device.kind === "tv" || device.kind === "speaker";
    const own = device.kind === "car" ? "car" : context;
    return { context: isInRoom ? "room" : own, device: taste };
  }

  /** On a device that the person has not had before. */
  #downloadsAgain(state: ListeningState, device: Device, start: number): readonly number[] {
    const id = device.idAt(start);
    if (state.synced.has(id)) return [];
    state.synced.add(id);
    if (!this.#draws.chance(this.#parameters.downloadAgain)) return [];
    return [...new Set(state.downloaded)].slice(-downloadsAgain);
  }

  #playlist(state: ListeningState, genre: number): Playlist {
    const draws = this.#draws;
    const drawn = draws.uniform();
    const { sharedPlaylists } = this.#parameters;
    if (drawn < sharedPlaylists) return this.#sharedPlaylist;
    if (drawn >= 2 * sharedPlaylists) return pick(state.playlists, draws);
    const lists = this.#music.playlists[genre];
    const at = draws.below(lists.length);
    return { name: `e${genre * lists.length + at + 1}`, songs: lists[at] };
  }

  #action(
    action: ActionKind,
    song: number,
    playlist: string | undefined,
    time: number,
  ): SimulatedAction {
    const { artistMissing, genreMissing } = this.#parameters;
    const draws = this.#draws;
    return {
      action,
      time,
      song: `s${song + 1}`,
      artist: draws.chance(artistMissing) ? undefined : `r${this.#music.artistOf(song) + 1}`,
      playlist,
      genre: draws.chance(genreMissing) ? undefined : `genre-${this.#music.genreOf(song) + 1}`,
    };
  }
}

interface Playlist {
  readonly name: string;
  readonly songs: readonly number[];
}

interface OwnPlaylist extends Playlist {
  readonly songs: number[];
}

interface ListeningState {
  /** When the person has ended what they were at. */
  free: number;
  readonly playlists: readonly OwnPlaylist[];
  readonly downloaded: number[];
  /** Ids of the devices that the person has been on. */
  readonly synced: Set<number>;
}

/** Of what these people listen to, in turn. */
function drawPlaylist(members: readonly Member[]): number[] {
  const songs: number[] = [];
  let song = -1;
  for (let i = 0; i < playlistLength; i++) {
    song = members[i % members.length].listener.next(song, { context: "leisure" });
    songs.push(song);
  }
  return songs;
}
