import { type FileHandle, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readmeOf } from "./readme.ts";
import type { Simulation } from "./simulation.ts";
import type { Simulated } from "./truth.ts";

export interface WriteSimulationOptions {
  /** Also `truth-impressions.csv`, the largest of them. Default false. */
  readonly impressions?: boolean;
  readonly onProgress?: (progress: WriteProgress) => void;
}

export interface WriteProgress {
  readonly events: number;
  /** Simulated time, epoch milliseconds. */
  readonly time: number;
}

/** Events between two looks at whether there is something to write. */
const eventsATurn = 4096;
/** Bytes, about, that wait before they are written: few calls, little memory. */
const writtenAt = 1 << 20;

/**
 * Writes a simulation's events and truth as files into a directory that is there; files of the same
 * names are replaced. Memory does not depend on the number of events.
 *
 * @returns how many events were written.
 */
export async function writeSimulation(
  simulation: Simulation,
  directory: string,
  options: WriteSimulationOptions = {},
): Promise<number> {
  const { impressions = false, onProgress = () => {} } = options;
  const sheets: Sheet[] = [];
  const sheet = async (name: string, header = ""): Promise<Sheet> => {
    const opened = new Sheet(await open(join(directory, name), "w"), header);
    sheets.push(opened);
    return opened;
  };
  try {
    const files: Sheets = {
      events: await sheet("events.ndjson"),
      catalogue: await sheet("catalogue.ndjson"),
      sessions: await sheet("truth-sessions.csv", sessionColumns),
      touches: await sheet("truth-touches.csv", touchColumns),
      conversions: await sheet("truth-conversions.csv", conversionColumns),
      impressions: impressions
        ? await sheet("truth-impressions.csv", impressionColumns)
        : undefined,
    };
    let count = 0;
    for (const simulated of simulation) {
      take(files, simulated);
      if (++count % eventsATurn !== 0) continue;
      for (const each of sheets) await each.writeSome();
      onProgress({ events: count, time: simulated.event.time });
    }
    await writeAccounts(simulation, await sheet("truth-accounts.csv", accountColumns));
    writeCampaigns(simulation, await sheet("truth-campaigns.csv", campaignColumns));
    for (const each of sheets) await each.writeAll();
    await writeFile(join(directory, "README.md"), readmeOf(simulation, count, impressions));
    return count;
  } finally {
    for (const each of sheets) await each.close();
  }
}

const sessionColumns = "session,account,person,start,device,place,latitude,longitude,time_zone\n";
const conversionColumns = "id,account,person,type,time,without_ads,campaign,base_rate,ad_factor\n";
const touchColumns = "id,account,person\n";
const impressionColumns = "request,position,item,account,person,propensity,probability\n";
const accountColumns = "account,people,kind,devices,held_out\n";
const campaignColumns =
  "campaign,channel,audience,effect,half_life_days,impressions,engaged_views,clicks,cost,caused,caused_expected\n";

interface Sheets {
  readonly events: Sheet;
  readonly catalogue: Sheet;
  readonly sessions: Sheet;
  readonly touches: Sheet;
  readonly conversions: Sheet;
  readonly impressions: Sheet | undefined;
}

// No name in a simulation has a comma or a quote, so rows are joined as they are.
function take(files: Sheets, { event, truth }: Simulated): void {
  const line = `${JSON.stringify(event)}\n`;
  files.events.add(line);
  const { account, device, id, item, position, request, session, time, type } = event;
  const { conversion, person, place, playProbability } = truth;
  if (type === "item_set") files.catalogue.add(line);
  if (place !== undefined) {
    const { kind, latitude, longitude, timeZone } = place;
    files.sessions.row([
      session,
      account,
      person,
      time,
      device,
      kind,
      latitude,
      longitude,
      timeZone,
    ]);
  }
  if (event.ad !== undefined) files.touches.row([id, account, person]);
  if (conversion !== undefined) {
    const { baseRate, campaign = "", adFactor, withoutAds } = conversion;
    const flag = withoutAds ? 1 : 0;
    files.conversions.row([id, account, person, type, time, flag, campaign, baseRate, adFactor]);
  }
  if (files.impressions !== undefined && playProbability !== undefined) {
    const propensity = event.context?.["propensity"];
    files.impressions.row([request, position, item, account, person, propensity, playProbability]);
  }
}

async function writeAccounts(simulation: Simulation, sheet: Sheet): Promise<void> {
  for (const { account, people, kind, devices, isHeldOut } of simulation.accounts()) {
    sheet.row([account, people, kind, devices, isHeldOut ? 1 : 0]);
    await sheet.writeSome();
  }
}

function writeCampaigns(simulation: Simulation, sheet: Sheet): void {
  for (const row of simulation.campaigns()) {
    const { campaign, channel, audience, effect, halfLifeDays, impressions } = row;
    const { engagedViews, clicks, cost, caused, causedExpected } = row;
    sheet.row([
      ...[campaign, channel, audience, effect, halfLifeDays, impressions],
      ...[engagedViews, clicks, cost, caused, causedExpected],
    ]);
  }
}

/** A file that grows: text waits here until there is enough to write. */
class Sheet {
  readonly #file: FileHandle;
  #lines: string[];
  #length = 0;

  constructor(file: FileHandle, header: string) {
    this.#file = file;
    this.#lines = [header];
  }

  add(line: string): void {
    this.#lines.push(line);
    this.#length += line.length;
  }

  row(cells: readonly (string | number | undefined)[]): void {
    this.add(`${cells.join(",")}\n`);
  }

  async writeSome(): Promise<void> {
    if (this.#length >= writtenAt) await this.writeAll();
  }

  async writeAll(): Promise<void> {
    const text = this.#lines.join("");
    this.#lines = [];
    this.#length = 0;
    await this.#file.writeFile(text); // goes on where the last one ended
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
