import type { AttributionComparison } from "foldback/client";
import type { JSX } from "preact";
import { DateField, SelectField, TextField } from "../../components/field.tsx";
import { changeSettings } from "../../place.ts";
import { type Asked, allEvents, type Dimension, dimensions } from "./asked.ts";
import { nameOf, namesIn } from "./cells.ts";

interface FiltersProps {
  readonly asked: Asked;
  readonly comparison: AttributionComparison | undefined;
  readonly campaigns: AttributionComparison | undefined;
  /** Whether there may be several currencies: of one alone nothing has to be said. */
  readonly isMoneyAsked: boolean;
}

/** What is looked at: all of it in the URL. */
export function Filters({ asked, comparison, campaigns, isMoneyAsked }: FiltersProps): JSX.Element {
  const { event, campaign, group, from, to, count, currency, rates, by } = asked;
  const set = (name: string, unset = "") => {
    return (value: string) =>
      changeSettings({ [name]: value === unset ? "" : value }, { isStep: true });
  };
  // What was chosen can be seen, also where the answer has no such name.
  const all = (names: readonly string[], chosen: string) => [
    { value: "", name: "all" },
    ...[...new Set([...names, ...(chosen === "" ? [] : [chosen])])].map(same),
  ];
  // A group is of a campaign: under another one it would find nothing.
  const ofCampaign = campaigns?.cells.filter(
    (cell) => campaign === "" || nameOf(cell, "campaign") === campaign,
  );
  const events = comparison?.settings.events ?? [];
  return (
    <section class="panel filters" aria-label="What is counted">
      <SelectField
        label="Event"
        value={event}
        choices={[
          { value: allEvents, name: "all conversions" },
          ...[...new Set([...events, ...(event === allEvents ? [] : [event])])].map(same),
        ]}
        onChange={set("event", allEvents)}
      />
      <SelectField
        label="Campaign"
        value={campaign}
        choices={all(namesIn(campaigns?.cells, "campaign"), campaign)}
        onChange={(value) => changeSettings({ campaign: value, group: "" }, { isStep: true })}
      />
      <SelectField
        label="Ad group"
        value={group}
        choices={all(namesIn(ofCampaign, "group"), group)}
        onChange={set("group")}
      />
      <DateField label="Ads from (UTC)" value={from} onChange={set("from")} />
      <DateField label="Ads to" value={to} onChange={set("to")} />
      <SelectField
        label="Count"
        value={count}
        choices={[
          { value: "every", name: "every conversion" },
          { value: "once", name: "the first of an ad" },
        ]}
        onChange={set("count", "every")}
      />
      <SelectField
        label="Models and paths by"
        value={by}
        choices={Object.entries(dimensions).map(([value, name]) => ({ value, name }))}
        onChange={set("by", "channel" satisfies Dimension)}
      />
      {(isMoneyAsked || currency !== "" || rates !== "") && (
        <>
          <TextField
            label="Currency of the report"
            value={currency}
            placeholder="EUR"
            onChange={(value) => set("currency")(value.toUpperCase())}
          />
          <TextField
            label="Rates"
            value={rates}
            placeholder="EUR=1,USD=0.92"
            onChange={set("rates")}
          />
        </>
      )}
    </section>
  );
}

const same = (value: string) => ({ value, name: value });
