/**
 * By which rule do many learners of one model stay as good as one?
 *
 * Decides how a cluster merges rows (docs/decisions/0029). Impressions of the simulated service (SIMULATION.md) are learned online by a logistic
 * model with Adagrad: its features are the place in the list, the item, artist, genres, the account, and crosses of the account with artist, genre
 * and hour. Accounts are dealt out to N learners. Each learns on top of the published rows; every so many examples of all together, the rows that
 * were touched are merged and published. Progressive log loss, each example predicted by its own learner before it is learned, as a multiple of that of one learner.
 *
 *   sum      w + Σ Δᵢ
 *   mean     w + Σ nᵢ Δᵢ / Σ nᵢ, nᵢ being examples
 *   weighted w + Σ (G + gᵢ) Δᵢ / (G + Σ gᵢ), G and gᵢ being the sums of squared gradients before, and what learner i added
 *
 * Sums of squares add up under each. The bars are those of the issue it decides: within 1 % at 2, 10 and 100 learners.
 */
import { simulate } from "#foldback/simulate";
import { bar, count, figure, print } from "./lib/report.ts";

const rules = ["sum", "mean", "weighted"] as const;
type Rule = (typeof rules)[number];

const learningRate = 0.1;
const initialSum = 0.1;
const worstMax = 1.01;
/** To what the rule is to hold: beyond, the table shows how it fails. */
const intervalMax = 2000;

interface Examples {
  readonly accounts: Int32Array;
  readonly labels: Uint8Array;
  /** Rows of example k are at `starts[k]` to `starts[k + 1] - 1`. */
  readonly starts: Int32Array;
  readonly rows: Int32Array;
  readonly rowCount: number;
}

export function run({ smoke }: { readonly smoke: boolean }): Promise<void> {
  const examples = impressions(smoke ? 20 : 1500, smoke ? 2 : 20);
  const { labels, rowCount } = examples;
  const one = lossOf(examples, { learners: 1, interval: 1, rule: "sum" });
  figure(
    "examples",
    `${count(labels.length)}, ${count(rowCount)} rows; log loss of one learner ${one.toFixed(4)}`,
  );
  for (const interval of smoke ? [500] : [200, 2000, 20_000]) {
    print(`\nmerged every ${count(interval)} examples of all learners`);
    print(`${"learners".padEnd(10)}${rules.map((rule) => rule.padStart(10)).join("")}`);
    let worst = 0;
    for (const learners of [2, 10, 100]) {
      const times = rules.map((rule) => lossOf(examples, { learners, interval, rule }) / one);
      print(
        `${String(learners).padEnd(10)}${times.map((of) => of.toFixed(4).padStart(10)).join("")}`,
      );
      worst = Math.max(worst, times[rules.indexOf("weighted")]);
    }
    if (interval > intervalMax) continue;
    bar(
      `weighted, at most ${worstMax} times one learner: ${worst.toFixed(4)}`,
      worst <= worstMax,
      smoke,
    );
  }
  return Promise.resolve();
}

/** What a learner has of a row that it has not sent. */
interface Unsent {
  move: number;
  squares: number;
  examples: number;
}

function lossOf(
  { accounts, labels, starts, rows, rowCount }: Examples,
  {
    learners,
    interval,
    rule,
  }: { readonly learners: number; readonly interval: number; readonly rule: Rule },
): number {
  const weights = new Float64Array(rowCount);
  const sums = new Float64Array(rowCount).fill(initialSum);
  const unsent = Array.from({ length: learners }, () => new Map<number, Unsent>());
  let loss = 0;
  for (let example = 0; example < labels.length; example++) {
    const own = unsent[accounts[example] % learners];
    const [from, to] = [starts[example], starts[example + 1]];
    let logit = 0;
    for (let at = from; at < to; at++) logit += weights[rows[at]] + (own.get(rows[at])?.move ?? 0);
    const probability = 1 / (1 + Math.exp(-logit));
    const slope = probability - labels[example];
    loss -= Math.log(Math.max(1e-12, labels[example] === 1 ? probability : 1 - probability));
    for (let at = from; at < to; at++) {
      const row = rows[at];
      const change = own.get(row) ?? { move: 0, squares: 0, examples: 0 };
      change.squares += slope * slope;
      change.move -= (learningRate * slope) / Math.sqrt(sums[row] + change.squares);
      change.examples++;
      own.set(row, change);
    }
    if ((example + 1) % interval === 0) merge(unsent, weights, sums, rule);
  }
  return loss / labels.length;
}

function merge(
  unsent: readonly Map<number, Unsent>[],
  weights: Float64Array,
  sums: Float64Array,
  rule: Rule,
): void {
  const changes = new Map<number, Unsent[]>();
  for (const own of unsent) {
    for (const [row, change] of own) {
      const of = changes.get(row);
      if (of === undefined) changes.set(row, [change]);
      else of.push(change);
    }
    own.clear();
  }
  for (const [row, of] of changes) {
    const before = sums[row];
    const added = of.reduce((sum, { squares }) => sum + squares, 0);
    weights[row] += moveOf(of, before, added, rule);
    sums[row] = before + added;
  }
}

function moveOf(changes: readonly Unsent[], before: number, added: number, rule: Rule): number {
  let move = 0;
  let examples = 0;
  for (const change of changes) {
    examples += change.examples;
    if (rule === "sum") move += change.move;
    else if (rule === "mean") move += change.examples * change.move;
    else move += (before + change.squares) * change.move;
  }
  if (rule === "mean") return move / examples;
  return rule === "sum" ? move : move / (before + added);
}

interface List {
  readonly request: string;
  readonly account: string;
  readonly hour: number;
  /** By place. */
  readonly items: string[];
  readonly played: boolean[];
}

/** Lists whose outcome is known, each place an example: it was played, or not. */
function impressions(accounts: number, days: number): Examples {
  const ids = new Map<string, number>();
  const rowOf = (name: string): number => {
    const known = ids.get(name);
    if (known !== undefined) return known;
    ids.set(name, ids.size);
    return ids.size - 1;
  };
  const genresOf = new Map<string, readonly string[]>();
  const artistOf = new Map<string, string>();
  const lists = new Map<string, List>();
  const found = {
    accounts: [] as number[],
    labels: [] as number[],
    starts: [0],
    rows: [] as number[],
  };
  const add = ({ account, hour, items, played }: List): void => {
    for (const [position, item] of items.entries()) {
      const [artist, genres] = [artistOf.get(item) ?? "", genresOf.get(item) ?? []];
      const names = [
        "bias",
        `place ${position}`,
        `item ${item}`,
        `artist ${artist}`,
        `account ${account}`,
      ];
      names.push(`${account} artist ${artist}`);
      for (const genre of genres)
        names.push(`genre ${genre}`, `${account} ${genre}`, `${hour} ${account} ${genre}`);
      found.rows.push(...names.map(rowOf));
      found.starts.push(found.rows.length);
      found.labels.push(played[position] ? 1 : 0);
      found.accounts.push(Number(account.slice(1)));
    }
  };
  for (const { event } of simulate({ accounts, days, items: 3000, seed: 5, drift: 1.5 })) {
    const { account, context, item, position, request, session, time, type } = event;
    if (type === "item_set" && item !== undefined) {
      genresOf.set(item, String(context?.["categories"] ?? "").split("|"));
      artistOf.set(item, event.artist ?? "");
    }
    if (account === undefined || session === undefined || item === undefined) continue;
    if (request === undefined || position === undefined) continue;
    let list = lists.get(session);
    if (type === "impression") {
      if (list?.request !== request) {
        if (list !== undefined) add(list);
        list = { request, account, hour: new Date(time).getUTCHours() >> 2, items: [], played: [] };
        lists.set(session, list);
      }
      list.items[position] = item;
    } else if (type === "play" && list?.request === request) list.played[position] = true;
  }
  return {
    accounts: Int32Array.from(found.accounts),
    labels: Uint8Array.from(found.labels),
    starts: Int32Array.from(found.starts),
    rows: Int32Array.from(found.rows),
    rowCount: ids.size,
  };
}
