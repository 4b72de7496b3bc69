/**
 * Which weights turn the scores of partitions into probabilities of so many people (src/people/counting/calibration.ts)?
 *
 * Fits them, for each kind of data, on simulated households of all four levels, each account of a service of its own, whose
 * parameters are drawn around the defaults, two in three not far, one in three as far as they go; and on raters of MovieTweetings with even
 * numbers, merged into accounts, several times each. Seeds are below 1,000; scoring (`bench/people.ts`) has others, and other raters.
 *
 * `WRITE=1` writes the weights to src/people/counting/calibration.generated.ts; else the figures of the fit alone.
 */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert } from "#foldback/core";
import {
  type ChoiceCase,
  encodeAccount,
  fitConditionalLogit,
  type KnownAccount,
} from "#foldback/evaluate";
import {
  type AccountSessions,
  candidatesOf,
  type DataKind,
  dataKinds,
  featureCount,
} from "#foldback/people";
import { simulateHouseholds } from "#foldback/simulate";
import { mergedRaters } from "./lib/mergedRaters.ts";
import { count, figure, print, root } from "./lib/report.ts";

const levels = ["L1", "L2", "L3", "L4"] as const;

export async function run({ smoke }: { readonly smoke: boolean }): Promise<void> {
  const accounts = [...calibrationAccounts(smoke ? 4 : 600)];
  figure("accounts", count(accounts.length));
  const weights = new Map<DataKind, readonly string[]>();
  for (const kind of dataKinds) {
    const cases: ChoiceCase[] = [];
    for (const account of accounts) {
      const candidates = candidatesOf(reduced(encodeAccount(account), kind));
      if (candidates.kind !== kind) continue; // it lacked that already
      const chosen = candidates.people.indexOf(account.people);
      if (chosen >= 0) cases.push({ features: candidates.features, chosen });
    }
    assert(cases.length > 0, "there are accounts of each kind");
    const fit = fitConditionalLogit(cases, { rounds: smoke ? 20 : 1000 });
    weights.set(
      kind,
      Array.from(fit.weights, (weight) => weight.toFixed(4)),
    );
    const shown = `${count(cases.length)} accounts that have the true number to choose, log loss ${fit.loss.toFixed(4)}`;
    figure(kind, shown);
  }
  const text = render(weights);
  print(`checksum ${createHash("sha256").update(text).digest("hex").slice(0, 12)}`);
  if (smoke || process.env["WRITE"] !== "1") return;
  writeFileSync(join(root, "src/people/counting/calibration.generated.ts"), text);
  print("written; build and format before anything is measured");
}

/** How often the raters are put together, each time into other accounts: films, which are had once, are known of them alone. */
const raterRounds = 4;

/**
 * And a few of accounts that were resold, so that many people are not unheard of. Of L4 a quarter: there is little to tell people of one home with shared devices apart by, and with more of them all the others would be
 * told less surely than they are right. Raters have no artists, and see a film once: they are of kinds of data of their own (`genreOnce`), but where all else is lacking, too.
 */
function* calibrationAccounts(perLevel: number): Generator<KnownAccount> {
  for (const [at, level] of levels.entries()) {
    const accounts = level === "L4" ? Math.ceil(perLevel / 4) : perLevel;
    yield* simulateHouseholds({ level, varies: 0.4, accounts, seed: 101 + at });
    yield* simulateHouseholds({
      level,
      varies: 1,
      accounts: Math.ceil(accounts / 2),
      seed: 201 + at,
    });
  }
  const resold = { singleShare: 0, resoldShare: 1 };
  const strangers = { level: "L1", varies: 0.4, accounts: Math.ceil(perLevel / 6) } as const;
  yield* simulateHouseholds({ ...strangers, seed: 251, parameters: resold });
  for (const [at, level] of (["L2", "L3"] as const).entries()) {
    for (let round = 0; round < raterRounds; round++) {
      const seed = 301 + at + 10 * round;
      yield* mergedRaters({ level, accounts: Math.ceil(perLevel / 4), seed, half: "even" });
    }
  }
}

/** The same sessions with what the kind lacks taken out. */
function reduced(sessions: AccountSessions, kind: DataKind): AccountSessions {
  const hasTime = !kind.endsWith("NoTime");
  const count = sessions.tokens.length;
  const [action, song, artist, playlist, genre] = sessions.actions;
  const isAccess = kind.startsWith("access");
  const hasGenre = kind.startsWith("genre");
  const hasArtist = kind.startsWith("genreArtist") || kind.startsWith("artist");
  const none = new Int32Array(genre.length);
  return {
    ...sessions,
    starts: hasTime ? sessions.starts : new Float64Array(count).fill(Number.NaN),
    ends: hasTime ? sessions.ends : new Float64Array(count).fill(Number.NaN),
    hours: hasTime ? sessions.hours : new Int16Array(count).fill(-1),
    actionStarts: isAccess ? new Int32Array(count + 1) : sessions.actionStarts,
    actions: isAccess
      ? sessions.actions.map(() => new Int32Array())
      : [action, song, hasArtist ? artist : none, playlist, hasGenre ? genre : none],
  };
}

function render(weights: ReadonlyMap<DataKind, readonly string[]>): string {
  const lines = [
    "/** Weights of the conditional logit, by what the data have. Written by `WRITE=1 npm run bench -- peopleCalibration`. */",
    'import type { DataKind } from "./dataKind.ts";',
    "",
    "export const calibrationWeights: Readonly<Record<DataKind, readonly number[]>> = {",
    ...dataKinds.map((kind) => `  ${kind}: [${(weights.get(kind) ?? []).join(", ")}],`),
    "};",
    "",
  ];
  assert(weights.get("access")?.length === featureCount, "a weight for each feature");
  return lines.join("\n");
}
