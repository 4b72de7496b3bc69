/**
 * Is the embedding table faster than libcuckoo in C++ and than a Map, and how much memory does an id take?
 *
 * Contestants: ours; a program in C++ with libcuckoo and the same rows (native/table.cpp); a `Map` with
 * rows in typed arrays. The same ids, from the same files, 1,024 a call, one thread, nothing reserved; a
 * process for each contestant and table, in turns, one at a time; wall time around the calls alone, and
 * the median of the rounds. Cases:
 *
 * - insert: all ids, each once, into an empty table, with the row initialised;
 * - find: row numbers of ids drawn by Zipf's law (1.05) or uniformly;
 * - find or insert: draws into an empty table, so that early ones insert and later ones find;
 * - update: ids found, and a step of Adagrad for each; step: the same with the rows given (no bar).
 *
 * That all have done the same is proved, outside the time: the ids whose rows came back are hashed and
 * compared with those asked for; vectors of ours and of C++ have the same sum after each case.
 *
 * A Map of ten million plays one round. Two more play one round of everything, beside the bars: libcuckoo
 * with the whole table locked, which lets no other thread read; and a Map of 32 mixed bits of the id, with
 * chains of its own.
 *
 * A part of it is chosen by lists with commas: FOLDBACK_TABLE_DIMS; FOLDBACK_TABLE_IDS;
 * FOLDBACK_TABLE_PARTS, of fill (insert, find, update), zipf and uniform (find or insert);
 * FOLDBACK_TABLE_PLAYERS, of ours, libcuckoo, locked, map and numbers. FOLDBACK_TABLE_ROUNDS is a number.
 */
import { bar, count, figure, print, withDirectory } from "./lib/report.ts";
import { parsePart, parts, playPart, type Task } from "./lib/tableContest.ts";
import { hashOfKeys, readKeys, type Sizes, writeInput } from "./lib/tableInput.ts";
import { loadsBeforeGrowth } from "./lib/tableLoad.ts";
import { type Maker, makePlayers, makers, type Player } from "./lib/tablePlayers.ts";
import {
  type Case,
  checkCase,
  type Footprint,
  printCase,
  printHead,
  reportBytes,
  reportSpeed,
} from "./lib/tableResults.ts";

const loadMin = 0.9;
/** Above it, rounds take so long that there are fewer of them. */
const keyCountMedium = 1_000_000;

export function run({ smoke }: { smoke: boolean }): Promise<void> {
  return withDirectory(async (directory) => {
    const dims = numbers("DIMS") ?? (smoke ? [16] : [8, 16, 32, 64]);
    const keyCounts = numbers("IDS") ?? (smoke ? [20_000] : [1_000_000, 10_000_000]);
    const players = choose("PLAYERS", makePlayers(directory), ({ name }) => name);
    const cases: Case[] = [];
    const footprints: Footprint[] = [];
    printHead(players);
    for (const keyCount of keyCounts) {
      const sizes = sizesOf(keyCount);
      writeInput(directory, sizes);
      const roundCount = numbers("ROUNDS")?.[0] ?? roundsOf(keyCount, smoke);
      for (const dim of dims) {
        const table = playTable(players, { directory, dim, keyCount }, sizes, roundCount);
        for (const one of table.cases) printCase(one, players);
        cases.push(...table.cases);
        if (table.bytesPerId > 0) footprints.push({ dim, keyCount, bytesPerId: table.bytesPerId });
      }
    }
    print("");
    reportSpeed(cases, smoke);
    reportBytes(footprints, smoke);
    reportLoad(smoke);
  });
}

/** What a process of a contestant runs. */
export function play(maker: Maker, task: Task): void {
  for (const line of playPart(makers[maker], task)) print(line);
}

/** All rounds of one table, checked. */
function playTable(
  players: readonly Player[],
  table: Omit<Task, "part">,
  sizes: Sizes,
  roundCount: number,
): { readonly cases: readonly Case[]; readonly bytesPerId: number } {
  const cases = new Map<string, Case>();
  let bytesPerId = 0;
  for (let round = 0; round < roundCount; round++) {
    for (const part of choose("PARTS", parts, (name) => name)) {
      for (const player of players) {
        if (!player.parts.includes(part) || (round > 0 && isOnce(player, table.keyCount))) continue;
        const result = parsePart(player.play({ ...table, part }));
        if (result.footprint !== undefined) {
          bytesPerId = result.footprint.sizeBytes / result.footprint.idCount;
        }
        for (const [name, measured] of result.cases) {
          const one = cases.get(name) ?? caseOf(name, table, sizes);
          cases.set(name, one);
          one.measured.set(player.name, [...(one.measured.get(player.name) ?? []), measured]);
        }
      }
    }
  }
  for (const one of cases.values()) {
    const keys = readKeys(table.directory, inputOf(one.name, sizes).file);
    checkCase(one, players, hashOfKeys(keys));
  }
  return { cases: [...cases.values()], bytesPerId };
}

function caseOf(name: string, { dim, keyCount }: Omit<Task, "part">, sizes: Sizes): Case {
  const { callCount } = inputOf(name, sizes);
  return { dim, keyCount, name, callCount, measured: new Map() };
}

/** Which ids a case asks for. */
function inputOf(
  name: string,
  sizes: Sizes,
): { readonly file: string; readonly callCount: number } {
  const [operation, stream] = name.split("/");
  if (operation === "insert") return { file: "keys", callCount: sizes.keyCount };
  if (operation === "observe") return { file: `observe-${stream}`, callCount: sizes.observeCount };
  return { file: `find-${stream}`, callCount: sizes.findCount };
}

function roundsOf(keyCount: number, smoke: boolean): number {
  if (smoke) return 1;
  return keyCount > keyCountMedium ? 3 : 5;
}

/** A round of a Map of ten million takes half a minute, and its figures are not near the bars. */
function isOnce(player: Player, keyCount: number): boolean {
  return player.isExtra || (player.name === "map" && keyCount > keyCountMedium);
}

function sizesOf(keyCount: number): Sizes {
  // Enough calls that a case takes a tenth of a second.
  const findCount = Math.min(keyCount * 2, 2_000_000);
  return { keyCount, findCount, observeCount: Math.max(keyCount, findCount) };
}

function chosen(variable: string): string[] | undefined {
  return process.env[`FOLDBACK_TABLE_${variable}`]?.split(",");
}

function numbers(variable: string): number[] | undefined {
  return chosen(variable)?.map(Number);
}

/** Those that the variable names, in their own order; without it, all. */
function choose<T>(variable: string, all: readonly T[], nameOf: (one: T) => string): T[] {
  const names = chosen(variable);
  return all.filter((one) => names?.includes(nameOf(one)) ?? true);
}

/** Of tables of any size: several seeds, from the smallest bucket array to one of four million slots. */
function reportLoad(smoke: boolean): void {
  const seeds = smoke ? [1n] : [1n, 2n, 3n];
  // Tables of short rows grow by two fifths, of long rows by doubling.
  const loads = seeds.flatMap((seed) =>
    [0, 32].flatMap((dim) => loadsBeforeGrowth(smoke ? 2 ** 12 : 2 ** 22, seed, dim)),
  );
  const worst = loads.reduce((a, b) => (b.load < a.load ? b : a));
  figure("growths", `${loads.length}, from ${count(loads[0].slotCount)} slots on`);
  const what = `load before growth ≥ ${loadMin}: lowest ${worst.load.toFixed(3)}`;
  bar(`${what} of ${count(worst.slotCount)} slots`, worst.load >= loadMin, smoke);
}
