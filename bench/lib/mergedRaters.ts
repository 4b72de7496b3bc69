/** Accounts whose people are real: raters of MovieTweetings, put together behind simulated devices and places. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Random } from "#foldback/core";
import type { KnownAccount } from "#foldback/evaluate";
import { simulateHouseholds } from "#foldback/simulate";
import { ratingsFile } from "./report.ts";

/** Fewer, and there is no taste to tell. */
const ratingsMin = 30;

interface Rating {
  readonly film: string;
  readonly genre: string | undefined;
}

export interface MergedRatersOptions {
  readonly level: "L1" | "L2" | "L3" | "L4";
  /** At most; fewer where raters run out. */
  readonly accounts: number;
  readonly seed: number;
  /** Raters of even or of odd numbers: those of one half are never in the other. */
  readonly half: "even" | "odd";
}

/**
 * Accounts as `simulateHouseholds` gives them, in which each person's actions are the ratings of one rater, in order of
 * time, dealt evenly to the person's sessions in order. A film is the song, its first genre the genre; artist and
 * playlist are missing. No rater is two people.
 */
export function mergedRaters({ accounts, half, level, seed }: MergedRatersOptions): KnownAccount[] {
  const histories = shuffled(readHistories(half), new Random(seed));
  const merged: KnownAccount[] = [];
  const parameters = { sessionsMax: 120, personSessionsMin: 8 };
  for (const account of simulateHouseholds({ level, accounts, seed, parameters })) {
    const raters = histories.splice(0, account.people);
    if (raters.length < account.people) break;
    const counts = new Array<number>(account.people).fill(0);
    for (const { person } of account.sessions) counts[person - 1]++;
    const next = new Array<number>(account.people).fill(0);
    const sessions = account.sessions.map((session) => {
      const at = session.person - 1;
      const [begin, end] = [next[at], ++next[at]].map((number) =>
        Math.floor((number * raters[at].length) / counts[at]),
      );
      const actions = raters[at].slice(begin, end).map(({ film, genre }) => ({
        ...{ action: "play", song: film, genre },
        ...{ artist: undefined, playlist: undefined },
      }));
      return { ...session, actions };
    });
    merged.push({ ...account, sessions });
  }
  return merged;
}

/** By rater, those with enough ratings; each in order of time. */
function readHistories(half: "even" | "odd"): Rating[][] {
  const films = readFileSync(join(ratingsFile, "..", "movies.dat"), "utf8")
    .trimEnd()
    .split("\n");
  const genres = new Map(
    films.map((line) => {
      const [film, , all = ""] = line.split("::");
      const [first] = all.split("|");
      return [film, first === "" ? undefined : first];
    }),
  );
  const rows = readFileSync(ratingsFile, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => line.split("::"))
    .sort((a, b) => Number(a[3]) - Number(b[3])); // stable: file order within a second
  const histories = new Map<string, Rating[]>();
  for (const [rater, film] of rows) {
    if ((Number(rater) % 2 === 0) !== (half === "even")) continue;
    const history = histories.get(rater) ?? [];
    history.push({ film, genre: genres.get(film) });
    histories.set(rater, history);
  }
  return [...histories]
    .filter(([, history]) => history.length >= ratingsMin)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, history]) => history);
}

/** Fisher and Yates. */
function shuffled<T>(values: T[], random: Random): T[] {
  for (let i = values.length - 1; i > 0; i--) {
    const other = random.below(i + 1);
    [values[i], values[other]] = [values[other], values[i]];
  }
  return values;
}
