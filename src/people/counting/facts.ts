/**
 * What the times and places of sessions prove, before any statistics.
 *
 * Two sessions at once on two devices, or two on two devices too far apart for the time between them, are two people, or a rule broken:
 * a *conflict*. Too far apart on one device is a VPN or a fault of the receiver: *displaced* sessions, whose place says nothing.
 * Where sessions overlap on one device as well, times of this account can't be trusted that much: see `trust`.
 */
import type { AccountSessions } from "../accountSessions.ts";
import { accessCode } from "./columns.ts";

/** Airliners cruise at 900 km/h; 1,000 is what access management takes as impossible. */
const speedMaxKmh = 1_000;
/** Below this, places are too inexact for a speed to mean anything. */
const distanceMinKm = 50;
/** Sessions that only touch are a change of device; their ends are no more exact than that. */
const overlapMinMs = 60_000;
/** What `AccountSessions.ends` assumes where no action tells. */
const assumedLengthMs = 30 * 60_000;
/** A session overlaps with few that follow it; beyond, they are not looked at. */
const overlapsMax = 16;
/** A place is displaced as a whole where this share of its sessions on some device came, or was left, too fast. */
const displacedShare = 0.3;
const earthRadiusKm = 6_371;

export interface Conflict {
  /** Indices of sessions, first < second. */
  readonly first: number;
  readonly second: number;
  /** `overlap`: at once; `distance`: too far apart. */
  readonly kind: "overlap" | "distance";
  /** In (0, 1]: 1 where the end of the first is known from an action, 1/8 where half an hour was assumed. */
  readonly weight: number;
}

export interface Facts {
  readonly conflicts: readonly Conflict[];
  /** Overlaps on one and the same device: nobody can do that, so clocks or tokens are at fault. */
  readonly impossible: number;
  /** How far conflicts are believed, in (0, 1]: conflicts / (conflicts + 2 × impossible); 1 where there are none. */
  readonly trust: number;
  /** 1 where the place of the session is a VPN's or a fault. Shape (sessions,). */
  readonly isDisplaced: Uint8Array;
  readonly displaced: number;
}

/** @param placeKeys of each session, 0 where unknown. Shape (sessions,). */
export function factsOf(sessions: AccountSessions, placeKeys: Int32Array): Facts {
  const isDisplaced = displacedSessions(sessions, placeKeys);
  const count = sessions.tokens.length;
  // Where all are of that length, actions have no times; else only sessions without any are.
  const haveTimes = sessions.ends.some((end, at) => end - sessions.starts[at] !== assumedLengthMs);
  const conflicts: Conflict[] = [];
  let impossible = 0;
  for (let second = 1; second < count; second++) {
    const device = accessCode(sessions, second, "device");
    const from = Math.max(0, second - overlapsMax);
    for (let first = second - 1; first >= from; first--) {
      const overlapMs = sessions.ends[first] - sessions.starts[second];
      if (!(overlapMs > overlapMinMs)) continue; // also where either is NaN
      const other = accessCode(sessions, first, "device");
      if (device === 0 || other === 0) continue;
      if (device === other) {
        impossible++;
      } else {
        const hasActions = sessions.actionStarts[first + 1] > sessions.actionStarts[first];
        const isLong = sessions.ends[first] - sessions.starts[first] === assumedLengthMs;
        const isAssumed = isLong && !(hasActions && haveTimes);
        conflicts.push({ first, second, kind: "overlap", weight: isAssumed ? 0.125 : 1 });
      }
    }
    const before = second - 1;
    const other = accessCode(sessions, before, "device");
    const mayTravel = isDisplaced[before] === 0 && isDisplaced[second] === 0;
    if (mayTravel && device !== 0 && other !== 0 && device !== other) {
      if (isTooFar(sessions, before, second)) {
        conflicts.push({ first: before, second, kind: "distance", weight: 1 });
      }
    }
  }
  let displaced = 0;
  for (const flag of isDisplaced) displaced += flag;
  const trust = impossible === 0 ? 1 : conflicts.length / (conflicts.length + 2 * impossible);
  return { conflicts, impossible, trust, isDisplaced, displaced };
}

/** Sessions of one device that nobody can have carried that far in that time: of two, the one at the rarer place. */
function displacedSessions(sessions: AccountSessions, placeKeys: Int32Array): Uint8Array {
  const count = sessions.tokens.length;
  const isDisplaced = new Uint8Array(count);
  const sessionsOfPlace = new Map<number, number>();
  for (const key of placeKeys) sessionsOfPlace.set(key, (sessionsOfPlace.get(key) ?? 0) + 1);
  const lastOfDevice = new Map<number, number>();
  const fastOfPlace = new Map<number, number>();
  for (let session = 0; session < count; session++) {
    const device = accessCode(sessions, session, "device");
    if (device === 0 || placeKeys[session] === 0) continue;
    const before = lastOfDevice.get(device);
    lastOfDevice.set(device, session);
    if (before === undefined || !isTooFar(sessions, before, session)) continue;
    const there = sessionsOfPlace.get(placeKeys[before]) ?? 0;
    const here = sessionsOfPlace.get(placeKeys[session]) ?? 0;
    const rarer = there < here ? before : session;
    if (isDisplaced[rarer] === 1) continue;
    isDisplaced[rarer] = 1;
    fastOfPlace.set(placeKeys[rarer], (fastOfPlace.get(placeKeys[rarer]) ?? 0) + 1);
  }
  if (fastOfPlace.size === 0) return isDisplaced;
  for (let session = 0; session < count; session++) {
    const key = placeKeys[session];
    const fast = fastOfPlace.get(key);
    if (fast === undefined) continue;
    if (fast > displacedShare * (sessionsOfPlace.get(key) ?? 0)) isDisplaced[session] = 1;
  }
  return isDisplaced;
}

function isTooFar(sessions: AccountSessions, first: number, second: number): boolean {
  const { starts, latitudes, longitudes } = sessions;
  const km = distanceKm(latitudes[first], longitudes[first], latitudes[second], longitudes[second]);
  const hours = Math.max(0, starts[second] - starts[first]) / 3_600_000;
  return km >= distanceMinKm && km > speedMaxKmh * hours;
}

/** Great circle, haversine formula; degrees in, NaN where any is. */
export function distanceKm(
  latitude1: number,
  longitude1: number,
  latitude2: number,
  longitude2: number,
): number {
  const radians = Math.PI / 180;
  const sinLatitude = Math.sin(((latitude2 - latitude1) / 2) * radians);
  const sinLongitude = Math.sin(((longitude2 - longitude1) / 2) * radians);
  const cosines = Math.cos(latitude1 * radians) * Math.cos(latitude2 * radians);
  const h = sinLatitude * sinLatitude + cosines * sinLongitude * sinLongitude;
  return 2 * earthRadiusKm * Math.asin(Math.min(1, Math.sqrt(h)));
}
