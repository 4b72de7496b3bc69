import type { Simulation } from "./simulation.ts";

/** What stands beside the files: how they were made, and what each column is. */
export function readmeOf(simulation: Simulation, events: number, impressions: boolean): string {
  const { accounts, adEffect, days, drift, items, seed, start } = simulation.options;
  const { conversions, withoutAds } = simulation.conversions();
  const flags =
    `--accounts ${accounts} --days ${days} --items ${items} --seed ${seed} ` +
    `--start ${new Date(start).toISOString().slice(0, 10)} --drift ${drift} --ad-effect ${adEffect}`;
  return `# A simulated streaming service

Made by \`foldback simulate ${flags}${impressions ? " --impressions" : ""}\`: ${events} events. Nobody in it exists.
Places are from GeoNames (geonames.org), CC BY 4.0. The model is described in docs/SIMULATION.md of foldback.

| file | what |
|---|---|
| \`events.ndjson\` | all events in order of time, catalogue records among them: \`foldback ingest events.ndjson\` |
| \`catalogue.ndjson\` | the catalogue records (\`item_set\`) of it once more, for who wants only these |
| \`truth-*.csv\` | what is true and no event says |

Times are epoch milliseconds. People of an account are numbered from 1; flags are 0 or 1.

## truth-accounts.csv

\`account\`; \`people\` behind it; \`kind\`: \`single\`, \`family\` (one home) or \`homes\` (at least two); \`devices\`;
\`held_out\`: kept from all ads by lot.

## truth-sessions.csv

\`session\`, \`account\` and \`device\` as in the events; \`person\` whose session it is; \`start\`; \`place\`: \`home\` or \`second\` (work, school);
\`latitude\`, \`longitude\` in degrees; \`time_zone\` (IANA).

## truth-touches.csv

\`id\` and \`account\` of each ad that was shown, watched or clicked, and of each \`visit\`; \`person\` who it was.

## truth-conversions.csv

\`id\`, \`account\`, \`type\` and \`time\` of the event; \`person\`; \`without_ads\`: it would have happened at this moment without any ad too;
\`campaign\`: else, the one that caused it; \`base_rate\`: conversions of this type a day that the person makes without ads;
\`ad_factor\`: what ads multiplied that by at this moment.

In the whole there were ${conversions} conversions; without ads there would have been ${withoutAds}. The difference is less than the number of
rows without \`without_ads\` where an ad only brought a subscription forward.

## truth-campaigns.csv

\`campaign\`, \`channel\`; \`audience\`: \`broad\`, or \`intent\` (shown the more, the more somebody converts anyway); \`effect\`: what a click adds to the
\`ad_factor\` at its moment (an engaged view 0.4 of it, an impression 0.15); \`half_life_days\` of that; \`impressions\`, \`engaged_views\`, \`clicks\`; \`cost\` in US
dollars; \`caused\`: conversions that would not have happened at their moment without it; \`caused_expected\`: the same in expectation, given
touches and conversions.
${
  impressions
    ? `
## truth-impressions.csv

\`request\`, \`position\`, \`item\`, \`account\` of the impression; \`person\`; \`propensity\`: the probability that the service drew this item for
this place, given the places before it; \`probability\` that the person plays it. Whether it was played: a \`play\` of the same request and item.
`
    : ""
}`;
}
