/** What the contestants of bench/table.ts reached, checked against each other and printed. */
import { assert } from "#foldback/core";
import { bar, count, figure, median, print } from "./report.ts";
import { type Measured, rowBytesOf } from "./tableContest.ts";
import type { Player, PlayerName } from "./tablePlayers.ts";

/** What must be reached: at least so many times as fast as the rival, in every case of this kind. */
const bars = [
  { operation: "find", rival: "libcuckoo", times: 1.5 },
  { operation: "insert", rival: "libcuckoo", times: 1 },
  { operation: "observe", rival: "libcuckoo", times: 1 },
  { operation: "update", rival: "libcuckoo", times: 1 },
  { operation: "find", rival: "map", times: 8 },
  { operation: "insert", rival: "map", times: 1.5 },
] as const satisfies readonly { operation: string; rival: PlayerName; times: number }[];

/** Bytes of an id, against 16 and those of its row. */
const bytesTimesMax = 1.25;

/** One operation on one table, of all players. */
export interface Case {
  readonly dim: number;
  readonly keyCount: number;
  /** operation/stream. */
  readonly name: string;
  readonly callCount: number;
  /** Of every round. */
  readonly measured: Map<PlayerName, Measured[]>;
}

export interface Footprint {
  readonly dim: number;
  readonly keyCount: number;
  readonly bytesPerId: number;
}

/**
 * All must have come to the rows of the ids that were asked for; and to the same vectors, where they can.
 *
 * @param keyHash of the ids asked for.
 */
export function checkCase(
  { name, dim, measured }: Case,
  players: readonly Player[],
  keyHash: number,
): void {
  const ours = measured.get("ours")?.[0];
  for (const player of players) {
    for (const one of measured.get(player.name) ?? []) {
      const who = `${player.title}, ${name}, dim ${dim}`;
      assert(one.keyHash === keyHash, `${who}: rows are those of the ids asked for`);
      if (!player.hasOurVectors || ours === undefined) continue;
      const difference = Math.abs(one.vectorSum - ours.vectorSum);
      // Sums of a thousand vectors; C++ joins a multiplication and an addition into one rounding.
      assert(difference <= 1e-3, `${who}: vectors are as ours, not ${difference} away`);
    }
  }
}

export function printHead(players: readonly Player[]): void {
  const columns = players.flatMap(({ name, title }) => {
    return name === "ours" ? [title.padStart(9)] : [title.padStart(9), "×".padStart(6)];
  });
  print(`\nmillions a second, and how many times as fast ours is`);
  print(`${"ids".padStart(10)} dim ${"case".padEnd(22)}${columns.join(" ")}   checksum`);
}

export function printCase(one: Case, players: readonly Player[]): void {
  const columns = players.flatMap(({ name }) => {
    const rate = rateOf(one, name);
    const rateText = (rate === undefined ? "" : (rate / 1e6).toFixed(2)).padStart(9);
    return name === "ours" ? [rateText] : [rateText, (timesText(one, name) ?? "").padStart(6)];
  });
  const { keyHash, vectorSum } = [...one.measured.values()][0][0];
  const checksum = `${keyHash.toString(16).padStart(8, "0")} ${vectorSum.toFixed(3)}`;
  print(`${titleOf(one)}${columns.join(" ")}   ${checksum}`);
}

export function reportSpeed(cases: readonly Case[], smoke: boolean): void {
  for (const { operation, rival, times } of bars) {
    const what = `${nameOf(operation)} ≥ ${times} × ${rival === "map" ? "Map" : rival}`;
    const asked = cases.filter(({ name }) => name.startsWith(`${operation}/`));
    const judged = asked
      .flatMap((one) => {
        const ratio = timesOf(one, rival);
        return ratio === undefined ? [] : [{ one, ratio }];
      })
      .sort((a, b) => a.ratio - b.ratio);
    if (judged.length === 0) {
      // What only the rival can do is not met; without the rival there is nothing to say.
      if (asked.some(({ measured }) => measured.has(rival))) bar(`${what}: not done`, false, smoke);
      continue;
    }
    const { one, ratio } = judged[0];
    const missed = judged.filter((each) => each.ratio < times).length;
    const where = titleOf(one).replace(/ +/g, " ").trim();
    const share = missed === 0 ? "" : `; ${missed} of ${judged.length} cases below`;
    bar(`${what}: worst ${ratio.toFixed(2)} at ${where}${share}`, missed === 0, smoke);
  }
}

export function reportBytes(footprints: readonly Footprint[], smoke: boolean): void {
  if (footprints.length === 0) return;
  const times = footprints.map(({ dim, keyCount, bytesPerId }) => {
    const row = rowBytesOf(dim);
    const ratio = bytesPerId / (16 + row);
    figure(
      "bytes an id",
      `${count(keyCount).padStart(10)} ids, dim ${String(dim).padStart(2)}: ${bytesPerId.toFixed(1)}, ` +
        `${ratio.toFixed(2)} × (16 + ${row})`,
    );
    return ratio;
  });
  const worst = Math.max(...times);
  const what = `bytes an id ≤ ${bytesTimesMax} × (16 + row): worst ${worst.toFixed(2)}`;
  bar(what, worst <= bytesTimesMax, smoke);
}

function rateOf({ measured, callCount }: Case, name: PlayerName): number | undefined {
  const all = measured.get(name);
  return all === undefined ? undefined : callCount / median(all.map(({ seconds }) => seconds));
}

/** How many times as fast as that player ours is. */
function timesOf(one: Case, rival: PlayerName): number | undefined {
  const ours = rateOf(one, "ours");
  const theirs = rateOf(one, rival);
  return ours === undefined || theirs === undefined ? undefined : ours / theirs;
}

function timesText(one: Case, rival: PlayerName): string | undefined {
  return timesOf(one, rival)?.toFixed(2);
}

function titleOf({ keyCount, dim, name }: Case): string {
  const [operation, stream] = name.split("/");
  const what = stream === "any" ? nameOf(operation) : `${nameOf(operation)}, ${stream}`;
  return `${count(keyCount).padStart(10)} ${String(dim).padStart(3)} ${what.padEnd(22)}`;
}

function nameOf(operation: string): string {
  return operation === "observe" ? "find or insert" : operation;
}
