declare module "tz-lookup" {
  /** The IANA name of the time zone at a place, in degrees; throws a RangeError where they are out of range. */
  export default function tzLookup(lat: number, lon: number): string;
}
