/** The settings of attribution as events come. */
import { defaultConversions } from "../attribution/index.ts";
import { Type } from "../core/index.ts";
import { closed, number, whole } from "./settingTypes.ts";

export const attributionSettings = Type.Object(
  {
    enabled: Type.Boolean({
      description:
        "Whether touches and conversions are kept in memory, so that `GET /v1/attribution` answers. See [PRIVACY.md](PRIVACY.md) first.",
      default: false,
    }),
    conversions: Type.Array(Type.String({ pattern: "^[a-z][a-z0-9_]{0,63}$" }), {
      description: "Event types that are conversions.",
      default: [...defaultConversions],
      minItems: 1,
      maxItems: 100,
      uniqueItems: true,
    }),
    key: Type.Union([Type.Literal("account"), Type.Literal("person")], {
      description:
        "What is credited together: all of an account; or, with `people.enabled`, what each of its people did, as far as it is known whose a session is.",
      default: "account",
    }),
    lookbackDays: number(
      "The longest that a touch may be before a conversion: no window and no look-back may be asked that is longer.",
      90,
      1,
      3650,
    ),
    conversionDays: number(
      "Conversions are kept, and reported, for so long, by log time; touches for `lookbackDays` more.",
      90,
      1,
      3650,
    ),
    accountsMax: whole(
      "Accounts with touches or conversions; beyond, the longest quiet is forgotten.",
      200_000,
      1,
      100_000_000,
    ),
    sessionsMax: whole(
      "Sessions that logged in, or may; beyond, the longest quiet is forgotten.",
      500_000,
      1,
      100_000_000,
    ),
    eventsMax: whole(
      "Touches of an account or session, and conversions; beyond, the oldest is forgotten.",
      10_000,
      10,
      1_000_000,
    ),
  },
  { ...closed, default: {} },
);
