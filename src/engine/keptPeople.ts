/** The view of people as the config describes it. */
import { join } from "node:path";
import { dayMs } from "../core/index.ts";
import { middleOf, placeAt, timeZoneAt } from "../event/index.ts";
import { PeopleView } from "../people/index.ts";
import type { Config } from "./configSchema.ts";
import type { KeptView } from "./viewSnapshots.ts";

/** Raised when the bytes that a snapshot's sections hold change their meaning, or counting gives other answers. */
const formatVersion = 2;

export function keptPeople(config: Config): KeptView<PeopleView> {
  const { dataDirectory, log, limits, people } = config;
  const { enabled: _, suppressBelow: _told, ...kept } = people;
  return {
    directory: join(dataDirectory, "people"),
    settings: {
      format: formatVersion,
      "log.partitionCount": log.partitionCount,
      "limits.itemsMax": limits.itemsMax,
      people: kept,
    },
    create: () => createPeopleView(config),
  };
}

function createPeopleView({ log, limits, people }: Config): PeopleView {
  return new PeopleView({
    partitionCount: log.partitionCount,
    sessionsMax: people.sessionsMax,
    accountsMax: people.accountsMax,
    itemsMax: limits.itemsMax,
    retentionMs: people.retentionDays * dayMs,
    places: { placeAt, middleOf, timeZoneAt },
    recount: {
      sessionsMin: people.sessionsMin,
      ageMaxMs: people.ageDaysMax * dayMs,
      runCost: people.runCost,
    },
  });
}
