/**
 * Which weights turn the scores of partitions into probabilities of so many people (src/people/counting/calibration.ts)?
 *
 * Fits them, for each of the six kinds of data, on simulated households of all four levels, each account of a service of its own, whose
 * parameters are drawn around the defaults; of a quarter of them the tastes depend on the moment far more than that, so that one person
 * who is another at work and at home is not two; and on raters of MovieTweetings with even numbers, merged into accounts. Seeds are
 * below 1,000; scoring (`bench/people.ts`) has others, other raters, and services that are not drawn.
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

function* calibrationAccounts(perLevel: number): Generator<KnownAccount> {
  for (const [at, level] of levels.entries()) {
    const moody = { contextTaste: 0.45, tasteDrift: 0.2, tabletShare: 0.4, consoleShare: 0.3 };
    const drawn = { level, varies: true };
    yield* simulateHouseholds({ ...drawn, accounts: perLevel, seed: 101 + at });
    yield* simulateHouseholds({
      ...drawn,
      accounts: Math.ceil(perLevel / 3),
      seed: 201 + at,
      parameters: moody,
    });
  }
  for (const [at, level] of (["L2", "L3"] as const).entries()) {
    yield* mergedRaters({ level, accounts: Math.ceil(perLevel / 4), seed: 301 + at, half: "even" });
  }
}

/** The same sessions with what the kind lacks taken out. */
function reduced(sessions: AccountSessions, kind: DataKind): AccountSessions {
  const hasTime = !kind.endsWith("NoTime");
  const count = sessions.tokens.length;
  const [action, song, artist, playlist, genre] = sessions.actions;
  const isAccess = kind.startsWith("access");
  const hasGenre = kind.startsWith("genre");
  return {
    ...sessions,
    starts: hasTime ? sessions.starts : new Float64Array(count).fill(Number.NaN),
    ends: hasTime ? sessions.ends : new Float64Array(count).fill(Number.NaN),
    hours: hasTime ? sessions.hours : new Int16Array(count).fill(-1),
    actionStarts: isAccess ? new Int32Array(count + 1) : sessions.actionStarts,
    actions: isAccess
      ? sessions.actions.map(() => new Int32Array())
      : [action, song, artist, playlist, hasGenre ? genre : new Int32Array(genre.length)],
  };
}

function render(weights: ReadonlyMap<DataKind, readonly string[]>): string {
  const lines = [
    "/** Weights of the conditional logit, by what the data have. Written by `WRITE=1 npm run bench -- peopleCalibration`. */",
    'import type { DataKind } from "./calibration.ts";',
    "",
    "export const calibrationWeights: Readonly<Record<DataKind, readonly number[]>> = {",
    ...dataKinds.map((kind) => `  ${kind}: [${(weights.get(kind) ?? []).join(", ")}],`),
    "};",
    "",
  ];
  assert(weights.get("genre")?.length === featureCount, "a weight for each feature");
  return lines.join("\n");
}
