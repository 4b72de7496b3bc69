/** Files of simulated households: the case's tables, and what is true of them. */
import { type FileHandle, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HouseholdOptions } from "./households.ts";
import { householdLevels, householdParameters, parameterNames } from "./parameters.ts";
import type { SimulatedAccount } from "./records.ts";

export interface HouseholdTotals {
  readonly accounts: number;
  readonly sessions: number;
  readonly actions: number;
  /** Accounts by their number of people. */
  readonly people: Readonly<Record<string, number>>;
}

const columns = {
  "access.csv":
    "ACCOUNT,ACCESS_TOKEN,DEVICE_ID,GPS_CITY,GPS_STATE,GPS_ZIP_CODE,ACCESS_DAY,ACCESS_PART_DAY,TIME,LAT,LON",
  "actions.csv": "ACCOUNT,ACCESS_TOKEN,ACTION,SONG_ID,ARTIST_ID,PLAYLIST_ID,TIME,GENRE",
  "truth-people.csv": "account,people,class",
  "truth-sessions.csv": "account,token,person",
} as const;

type FileName = keyof typeof columns;
const fileNames = Object.keys(columns) as FileName[]; // a constant's keys

/**
 * Writes ACCESS, ACTION and their truth into a directory that is there; files of the same names are replaced. Memory is that
 * of one account.
 */
export async function writeHouseholds(
  accounts: Iterable<SimulatedAccount>,
  options: HouseholdOptions,
  directory: string,
  onProgress: (accounts: number) => void = () => {},
): Promise<HouseholdTotals> {
  const files: FileHandle[] = [];
  try {
    for (const name of fileNames) {
      const file = await open(join(directory, name), "w");
      files.push(file);
      await file.writeFile(`${columns[name]}\n`);
    }
    const people: Record<string, number> = {};
    let [accountCount, sessionCount, actionCount] = [0, 0, 0];
    for (const account of accounts) {
      const rows = rowsOf(account);
      for (const [at, name] of fileNames.entries()) await files[at].writeFile(rows[name]);
      people[account.people] = (people[account.people] ?? 0) + 1;
      sessionCount += account.sessions.length;
      for (const { actions } of account.sessions) actionCount += actions.length;
      onProgress(++accountCount);
    }
    await writeFile(join(directory, "README.md"), readmeOf(options));
    return { accounts: accountCount, sessions: sessionCount, actions: actionCount, people };
  } finally {
    for (const file of files) await file.close();
  }
}

// No name in a simulation has a comma or a quote, so rows are joined as they are.
function rowsOf({ account, people, sessions, usage }: SimulatedAccount): Record<FileName, string> {
  const access = sessions.map((session) => {
    const { city, day, device, latitude, longitude, offsetMs, part, start, state, token, zip } =
      session;
    const time = isoOf(start, offsetMs);
    return line([account, token, device, city, state, zip, day, part, time, latitude, longitude]);
  });
  const actions = sessions.flatMap(({ actions: all, offsetMs, token }) =>
    all.map(({ action, artist, genre, playlist, song, time }) =>
      line([account, token, action, song, artist, playlist, isoOf(time, offsetMs), genre]),
    ),
  );
  return {
    "access.csv": access.join(""),
    "actions.csv": actions.join(""),
    "truth-people.csv": line([account, people, usage]),
    "truth-sessions.csv": sessions
      .map(({ person, token }) => line([account, token, person]))
      .join(""),
  };
}

function line(cells: readonly (string | number | undefined)[]): string {
  return `${cells.join(",")}\n`;
}

/** With the offset of where the person is; offsets are whole hours. */
function isoOf(time: number, offsetMs: number): string {
  const local = new Date(time + offsetMs).toISOString().slice(0, -1);
  const hours = Math.round(Math.abs(offsetMs) / 3_600_000);
  return `${local}${offsetMs < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}:00`;
}

function readmeOf(options: HouseholdOptions): string {
  const { accounts, level, parameters = {}, seed, start, varies = 0 } = options;
  const day = start === undefined ? "" : ` --start ${new Date(start).toISOString().slice(0, 10)}`;
  const set = Object.entries(parameters).map(([name, value]) => ` --set ${name}=${value}`);
  const flags = `--households ${level} --accounts ${accounts} --seed ${seed}${day}${varies > 0 ? " --vary" : ""}${set.join("")}`;
  return `# Simulated accounts with the people behind them

Made by \`foldback simulate ${flags}\`. Nobody in it exists. Places are from GeoNames (geonames.org), CC BY 4.0. The model is described in
docs/SIMULATION.md of foldback. An empty field is missing.

| file | columns |
|---|---|
| \`access.csv\` | a session each: \`${columns["access.csv"]}\` |
| \`actions.csv\` | what was done in it: \`${columns["actions.csv"]}\` |
| \`truth-people.csv\` | \`account\`; \`people\` who have a session; \`class\`: \`single\`, \`family\` (one home), \`homes\`, \`resold\` (strangers) |
| \`truth-sessions.csv\` | \`account\`, \`token\`; \`person\` whose session it is, from 1 |

\`TIME\` has the offset of the clock where the person is; \`ACCESS_DAY\` and \`ACCESS_PART_DAY\` are those of the place that the row names. \`LAT\` and \`LON\`
are both 0 where a receiver had no fix.

## Parameters

${varies > 0 ? "Of each account they are drawn around these." : "Of all accounts."}

| parameter | ${householdLevels.join(" | ")} |
|---|---|---|---|---|
${parameterNames
  .map((name) => {
    const values = householdLevels.map((each) => householdParameters(each, parameters)[name]);
    return `| \`${name}\` | ${values.join(" | ")} |`;
  })
  .join("\n")}
`;
}
