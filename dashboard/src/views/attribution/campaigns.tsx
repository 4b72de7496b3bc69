import type { AttributionComparison } from "foldback/client";
import type { JSX } from "preact";
import type { Answer } from "../../api/useAnswer.ts";
import { Message, Trouble } from "../../components/message.tsx";
import { Panel } from "../../components/panel.tsx";
import { WideTable } from "../../components/wideTable.tsx";
import { amount, count, nothing, score } from "../../format.ts";
import type { Asked } from "./asked.ts";
import { nameOf } from "./cells.ts";

interface CampaignsProps {
  readonly asked: Asked;
  readonly answer: Answer<AttributionComparison>;
}

/** The current setting, a row for each campaign and group. */
export function Campaigns({ asked, answer: { data, error } }: CampaignsProps): JSX.Element {
  const currency = data?.settings.currency;
  const rows = (data?.cells ?? [])
    .filter(({ event }) => event === asked.event)
    .map((cell) => ({
      ...cell,
      campaign: nameOf(cell, "campaign"),
      group: nameOf(cell, "group"),
    }))
    .toSorted((a, b) => b.conversions - a.conversions);
  const earned = rows.filter(({ campaign }) => campaign !== undefined);
  const saved = () => [
    ["campaign", "group", "conversions", "value", "cost", "cpa", "roas"],
    ...earned.map(({ campaign, group, conversions, value, cost, cpa, roas }) => [
      ...[campaign, group, conversions, value, cost, cpa, roas],
    ]),
  ];
  return (
    <Panel
      title="Campaigns"
      note="under the current setting"
      saved={{ name: "campaigns", rows: data && saved }}
    >
      {error !== undefined && <Trouble error={error} />}
      <div class="grid-room">
        {data !== undefined && earned.length === 0 && (
          <Message>No ad of these days was seen or clicked.</Message>
        )}
        {earned.length > 0 && (
          <WideTable label="Campaigns">
            <thead>
              <tr>
                <th scope="col">Campaign</th>
                <th scope="col" class="number">
                  Conv.
                </th>
                <th scope="col" class="number">
                  CPA
                </th>
                <th scope="col" class="number">
                  ROAS
                </th>
              </tr>
            </thead>
            <tbody>
              {earned.map(({ campaign, group, conversions, cost, cpa, roas }) => (
                <tr key={`${campaign} ${group}`}>
                  <th scope="row">
                    {campaign}
                    {group !== "(not set)" && <span class="soft"> {group}</span>}
                  </th>
                  <td class="number">{count(conversions)}</td>
                  <td class="number">{cost > 0 ? amount(cpa, currency) : nothing}</td>
                  <td class="number">{score(roas)}</td>
                </tr>
              ))}
            </tbody>
          </WideTable>
        )}
      </div>
    </Panel>
  );
}
