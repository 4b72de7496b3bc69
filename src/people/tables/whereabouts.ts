/** What coordinates and names of places say of an account's sessions; remembers what the account asked before. */
import { ZoneClock } from "../../event/index.ts";

/** A place by name. */
export interface NamedPlace {
  readonly city?: string;
  readonly state?: string;
  readonly zip?: string;
  readonly country?: string;
}

/** Where a place is, in degrees. */
export interface Coordinates {
  readonly lat: number;
  readonly lon: number;
}

/** What is known of the world's places. */
export interface PlaceSource {
  /** Undefined far from anything. */
  placeAt(lat: number, lon: number): NamedPlace | undefined;
  /** The middle of a place; undefined where the names say none, or several far apart. */
  middleOf(place: NamedPlace): Coordinates | undefined;
  /** An IANA name. */
  timeZoneAt(lat: number, lon: number): string;
}

/** So many zones have clocks in memory: all there are. */
const clocks = new Map<string, ZoneClock | undefined>();

export class Whereabouts {
  readonly #places: PlaceSource | undefined;
  readonly #middles = new Map<string, Coordinates | undefined>();
  readonly #zones = new Map<number, string>();

  constructor(places: PlaceSource | undefined) {
    this.#places = places;
  }

  placeAt(lat: number, lon: number): NamedPlace | undefined {
    return this.#places?.placeAt(lat, lon);
  }

  middleOf(
    city: string | undefined,
    state: string | undefined,
    zip: string | undefined,
    country: string | null,
  ): Coordinates | undefined {
    if (this.#places === undefined) return undefined;
    const key = `${zip ?? ""}\n${city ?? ""}\n${state ?? ""}\n${country ?? ""}`;
    const known = this.#middles.get(key);
    if (known !== undefined || this.#middles.has(key)) return known;
    const middle = this.#places.middleOf({
      ...(city === undefined ? {} : { city }),
      ...(state === undefined ? {} : { state }),
      ...(zip === undefined ? {} : { zip }),
      ...(country === null ? {} : { country }),
    });
    this.#middles.set(key, middle);
    return middle;
  }

  /**
   * Milliseconds east of UTC at a moment; NaN where nothing says it. An offset that is not 0 is that of the place; with 0 many write UTC
   * wherever they are, so the time zone and the coordinates are asked first.
   *
   * @param writtenMs the offset that the time was written with, NaN where it had none.
   */
  offsetMs(
    time: number,
    writtenMs: number,
    timeZone: string | null,
    lat: number,
    lon: number,
  ): number {
    if (writtenMs !== 0 && !Number.isNaN(writtenMs)) return writtenMs;
    const clock = clockOf(timeZone ?? this.#zoneAt(lat, lon));
    return clock === undefined ? writtenMs : clock.offsetMs(time);
  }

  clear(): void {
    this.#middles.clear();
    this.#zones.clear();
  }

  #zoneAt(lat: number, lon: number): string | undefined {
    if (this.#places === undefined || Number.isNaN(lat)) return undefined;
    // To 11 m, and asked there: whichever of its neighbours comes first, the answer is the same.
    const [north, east] = [Math.round(lat * 1e4), Math.round(lon * 1e4)];
    const key = north * 4e6 + east;
    let zone = this.#zones.get(key);
    if (zone === undefined) {
      zone = this.#places.timeZoneAt(north / 1e4, east / 1e4);
      this.#zones.set(key, zone);
    }
    return zone;
  }
}

function clockOf(zone: string | undefined): ZoneClock | undefined {
  if (zone === undefined) return undefined;
  let clock = clocks.get(zone);
  if (clock === undefined && !clocks.has(zone)) {
    clock = ZoneClock.of(zone);
    clocks.set(zone, clock);
  }
  return clock;
}
