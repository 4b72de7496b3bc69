import type { AttributionComparison } from "foldback/client";
import type { JSX } from "preact";
import { DateField, SelectField } from "../../components/field.tsx";
import { changeSettings } from "../../place.ts";
import { type Asked, allEvents, type Dimension, dimensions } from "./asked.ts";
import { namesIn } from "./cells.ts";

interface FiltersProps {
  readonly asked: Asked;
  readonly comparison: AttributionComparison | undefined;
  readonly campaigns: AttributionComparison | undefined;
}

/** What is looked at: all of it in the URL. */
export function Filters({ asked, comparison, campaigns }: FiltersProps): JSX.Element {
  const { event, campaign, group, from, to, count, by } = asked;
  const set = (name: string, unset = "") => {
    return (value: string) =>
      changeSettings({ [name]: value === unset ? "" : value }, { isStep: true });
  };
  // What was chosen can be seen, also where the answer has no such name.
  const all = (names: readonly string[], chosen: string) => [
    { value: "", name: "all" },
    ...[...new Set([...names, ...(chosen === "" ? [] : [chosen])])].map(same),
  ];
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
        choices={all(namesIn(campaigns, "campaign"), campaign)}
        onChange={set("campaign")}
      />
      <SelectField
        label="Ad group"
        value={group}
        choices={all(namesIn(campaigns, "group"), group)}
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
    </section>
  );
}

const same = (value: string) => ({ value, name: value });
