/** How a list differs from the one before. */
export interface Movement {
  /** By item that is in both: places up; below 0 down. */
  readonly up: ReadonlyMap<string, number>;
  readonly came: ReadonlySet<string>;
  readonly left: readonly string[];
}

export function movementOf(before: readonly string[], after: readonly string[]): Movement {
  const places = new Map(before.map((item, place) => [item, place]));
  const up = new Map<string, number>();
  const came = new Set<string>();
  for (const [place, item] of after.entries()) {
    const earlier = places.get(item);
    if (earlier === undefined) came.add(item);
    else up.set(item, earlier - place);
  }
  const stays = new Set(after);
  return { up, came, left: before.filter((item) => !stays.has(item)) };
}
