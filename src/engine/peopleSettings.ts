/** The settings of who is behind accounts. */
import { Type } from "../core/index.ts";
import { closed, number, whole } from "./settingTypes.ts";

export const peopleSettings = Type.Object(
  {
    enabled: Type.Boolean({
      description:
        "Whether it is counted how many people are behind each account. It is personal data of its own: see [PRIVACY.md](PRIVACY.md) first.",
      default: false,
    }),
    sessionsMax: whole("Sessions that are kept of an account: the latest.", 300, 10, 10_000),
    accountsMax: whole(
      "Beyond, the longest quiet is forgotten. A session takes about 1.4 KB of memory.",
      20_000,
      1,
      100_000_000,
    ),
    retentionDays: number(
      "Sessions that began longer ago are forgotten, by log time.",
      90,
      1,
      3650,
    ),
    sessionsMin: whole("With fewer, an account is not counted.", 10, 2, 10_000),
    ageDaysMax: number(
      "An older count is made again with the next session, by log time.",
      30,
      1,
      3650,
    ),
    runCost: number(
      "What counting an account costs, in sessions given to the wrong person: it is counted again where staleness costs more.",
      5,
      0,
      1_000_000,
    ),
    suppressBelow: whole("Numbers of accounts below it are not told.", 10, 1, 1_000_000),
  },
  { ...closed, default: {} },
);
