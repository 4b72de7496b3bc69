import type { Demo } from "foldback/client";
import type { JSX } from "preact";
import { SelectField } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { WideTable } from "../../components/wideTable.tsx";
import { count, fixed, percent } from "../../format.ts";
import { changeSettings, usePlace } from "../../place.ts";
import { BesideTruth } from "./besideTruth.tsx";
import { Figures } from "./figures.tsx";

const models = {
  "last-click": "last click",
  "last-touch": "last touch",
  linear: "linear",
  "time-decay": "time decay",
  markov: "Markov",
  shapley: "Shapley",
} as const;
type Model = keyof typeof models;

const isModel = (name: string): name is Model => name in models;

/** What ads have caused, beside what each way of counting credits them with. */
export function Why({ demo }: { readonly demo: Demo | undefined }): JSX.Element {
  const { settings } = usePlace();
  const asked = settings.get("model") ?? "";
  const model = isModel(asked) ? asked : "last-click";
  const why = demo?.why;
  const lift = why?.lift;
  return (
    <Panel title="Why they came" note={`${count(why?.conversions)} purchases and subscriptions`}>
      <p class="small soft">
        Two campaigns do nothing; two are shown to those who would buy anyway. Credit tells what
        stood before a conversion, not what caused it: a hold-out does.
      </p>
      <Figures
        of={[
          {
            label: "Caused by ads",
            value: count(why?.caused),
            note: "in truth",
          },
          {
            label: "Credited to ads",
            value: count(why && sumOf(why.campaigns, model)),
            note: `by ${models[model]}`,
          },
          {
            label: "By hold-out",
            value: count(lift && Math.round(lift.estimate)),
            note: lift
              ? `${count(Math.round(lift.low))} to ${count(Math.round(lift.high))}; truth ${count(lift.truth)}`
              : "too few accounts",
          },
        ]}
      />
      <SelectField
        label="Credit by"
        value={model}
        choices={Object.entries(models).map(([value, name]) => ({ value, name }))}
        onChange={(value) => changeSettings({ model: value }, { isStep: true })}
      />
      <div class="campaigns">
        <BesideTruth
          label={`Conversions by campaign: caused, and credited by ${models[model]}`}
          of="campaign"
          foundBy={models[model]}
          written={(value) => count(Math.round(value))}
          rows={(why?.campaigns ?? []).map(({ campaign, audience, effect, caused, credit }) => ({
            name: campaign,
            note: `${effect === 0 ? "does nothing" : `effect ${effect}`}, ${audience === "intent" ? "to who buys anyway" : "to all"}`,
            truth: caused,
            found: credit[model],
          }))}
        />
      </div>
      <WideTable label="How far each way of counting is from the truth">
        <thead>
          <tr>
            <th scope="col">way of counting</th>
            <th scope="col" class="number">
              credited
            </th>
            <th scope="col" class="number">
              off by
            </th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(models).map(([name, written]) => (
            <tr key={name}>
              <th scope="row">{written}</th>
              <td class="number">{count(why && sumOf(why.campaigns, name))}</td>
              <td class="number">{percent(why?.errors?.[name])}</td>
            </tr>
          ))}
        </tbody>
      </WideTable>
      <p class="small soft">
        Off by: all that campaigns were given too much or too little, as a share of what was caused.
        The hold-out: {count(lift?.control)} accounts by lot see no ads, {count(lift?.test)} do; its
        interval ({fixed(95, 0)} %) narrows as more is bought.
      </p>
    </Panel>
  );
}

function sumOf(campaigns: Demo["why"]["campaigns"], model: string): number {
  return Math.round(campaigns.reduce((sum, { credit }) => sum + (credit[model] ?? 0), 0));
}
