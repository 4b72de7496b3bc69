/** Points on the unit sphere: distances there have neither poles nor an edge at 180°. */

const radians = Math.PI / 180;
/** Mean radius of the Earth (IUGG). */
const earthKm = 6371.0088;

/** Writes the unit vector of a place into three numbers from `at` on. */
export function writeVector(
  lat: number,
  lon: number,
  into: Float32Array | Float64Array,
  at: number,
): void {
  const ring = Math.cos(lat * radians);
  into[at] = ring * Math.cos(lon * radians);
  into[at + 1] = ring * Math.sin(lon * radians);
  into[at + 2] = Math.sin(lat * radians);
}

/** The place of a vector of any length but 0, in degrees. */
export function placeOfVector(x: number, y: number, z: number): { lat: number; lon: number } {
  return { lat: Math.atan2(z, Math.hypot(x, y)) / radians, lon: Math.atan2(y, x) / radians };
}

/** The square of the straight line through the sphere between two places so far apart. */
export function squaredChord(km: number): number {
  const half = Math.sin(km / (2 * earthKm));
  return 4 * half * half;
}
