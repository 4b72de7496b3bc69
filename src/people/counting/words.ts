/** The evidence for a count in words: facts first, then what tells the people apart, and what the data lacked. */
import type { AccountSessions } from "../accountSessions.ts";
import { accessName } from "./columns.ts";
import type { Home } from "./homes.ts";
import { type Sign, type Signs, signs } from "./signs.ts";

/** A sign is named from this much on, as ln of odds per session of what it adds to several people over one. */
const tellingMin = 0.05;

export interface Findings {
  readonly sessions: AccountSessions;
  readonly signs: Signs;
  readonly people: number;
  readonly homes: readonly Home[];
  readonly persons: Uint16Array;
  /** Scores of the partition less those of one person, by sign. Shape (signs,). */
  readonly gains: Float64Array;
}

/** Clauses, separated by semicolons, in one line. */
export function wordsOf(findings: Findings): string {
  const clauses = [
    ...factWords(findings),
    ...(findings.people > 1 ? differences(findings) : likenesses(findings)),
    ...lackWords(findings.signs),
  ];
  return clauses.join("; ");
}

function factWords({ signs: { facts } }: Findings): string[] {
  const clauses: string[] = [];
  const overlaps = facts.conflicts.filter(({ kind }) => kind === "overlap");
  const certain = overlaps.filter(({ weight }) => weight === 1).length;
  const assumed = overlaps.length - certain;
  const distances = facts.conflicts.length - overlaps.length;
  if (certain > 0)
    clauses.push(`${times(certain, "session")} overlapping another on a second device`);
  if (assumed > 0) clauses.push(`${assumed} more may overlap, as no action tells when they ended`);
  if (distances > 0) {
    clauses.push(`${times(distances, "time")} two devices too far apart for the time between`);
  }
  if (facts.impossible > 0) {
    clauses.push(
      `${times(facts.impossible, "overlap")} on one device: times or tokens are at fault`,
    );
  }
  if (facts.displaced > 0) {
    clauses.push(
      `${times(facts.displaced, "session")} displaced on one device: VPN or a fault of the receiver`,
    );
  }
  return clauses;
}

const signNames: Readonly<Record<Sign, string>> = {
  device: "devices",
  place: "places",
  slot: "times of the week",
  week: "weeks of use",
  genre: "genres",
  artist: "artists",
  song: "songs",
};

/** What speaks for several people, the strongest first. */
function differences({ sessions, signs: of, people, homes, persons, gains }: Findings): string[] {
  const telling = signs
    .map((sign, at) => ({ sign, gain: gains[at] / of.count }))
    .filter(({ sign, gain }) => sign !== "device" && gain > tellingMin)
    .sort((a, b) => b.gain - a.gain);
  const clauses: string[] = [];
  if (telling.length > 0) {
    clauses.push(`told apart by ${telling.map(({ sign }) => signNames[sign]).join(", ")}`);
  }
  const homeCount = new Set(homes.map(({ place }) => place).filter((place) => place !== 0)).size;
  if (homeCount > 0) clauses.push(homeCount === 1 ? "one home" : `${homeCount} homes`);
  const own = new Map<number, Set<number>>();
  for (let session = 0; session < of.count; session++) {
    const device = of.devices[session];
    if (device === 0) continue;
    const users = own.get(device) ?? new Set();
    users.add(persons[session]);
    own.set(device, users);
  }
  const shared = [...own].filter(([, users]) => users.size > 1).length;
  if (own.size > 0) {
    clauses.push(`${times(own.size, "device")}, ${shared} of them used by several of ${people}`);
  }
  const genres = genreWords(sessions, persons, people);
  if (genres.length > 0) clauses.push(genres.join(", "));
  return clauses;
}

/** Who most plays what: of each person the genre that is theirs the most, against the account's own share. */
function genreWords(sessions: AccountSessions, persons: Uint16Array, people: number): string[] {
  const { genreNames, actionStarts } = sessions;
  if (genreNames.length === 0) return [];
  const genres = sessions.actions[4];
  const width = genreNames.length + 1;
  const counts = new Float64Array((people + 1) * width); // row 0: the account
  const totals = new Float64Array(people + 1);
  for (let session = 0; session < persons.length; session++) {
    for (let action = actionStarts[session]; action < actionStarts[session + 1]; action++) {
      if (genres[action] === 0) continue;
      for (const row of [0, persons[session]]) {
        counts[row * width + genres[action]]++;
        totals[row]++;
      }
    }
  }
  const clauses: string[] = [];
  for (let person = 1; person <= Math.min(people, 6); person++) {
    let best = 0;
    let bestLead = 0;
    for (let genre = 1; genre < width; genre++) {
      const share = counts[person * width + genre] / totals[person];
      const lead = share - counts[genre] / totals[0];
      if (lead > bestLead) {
        best = genre;
        bestLead = lead;
      }
    }
    if (best === 0) continue;
    const percent = Math.round((100 * counts[person * width + best]) / totals[person]);
    clauses.push(`person ${person} plays ${genreNames[best - 1]} ${percent} % of the time`);
  }
  return clauses;
}

/** Why one person, although there may be several devices or places. */
function likenesses({ sessions, signs: of }: Findings): string[] {
  const devices = new Set(of.devices);
  devices.delete(0);
  const places = new Set(of.places);
  places.delete(0);
  const clauses: string[] = [];
  if (devices.size === 1) {
    const [device] = devices;
    clauses.push(`one device, ${accessName(sessions, "device", device)}`);
  }
  if (devices.size > 1) clauses.push(`${devices.size} devices, used alike`);
  if (places.size > 0) clauses.push(times(places.size, "place"));
  return clauses;
}

function lackWords({ has }: Signs): string[] {
  const lacks: string[] = [];
  const hasSign = (sign: Sign): boolean => has[signs.indexOf(sign)];
  if (!hasSign("device")) lacks.push("devices");
  if (!hasSign("place")) lacks.push("places");
  if (!hasSign("week")) lacks.push("times");
  if (!(hasSign("genre") || hasSign("artist") || hasSign("song"))) lacks.push("actions");
  else if (!hasSign("genre")) lacks.push("genres");
  return lacks.length === 0 ? [] : [`without ${lacks.join(", ")}`];
}

function times(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
