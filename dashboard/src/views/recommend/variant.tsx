import type { Recommendations } from "foldback/client";
import type { JSX } from "preact";
import type { Answer } from "../../api/useAnswer.ts";
import { Message, Trouble } from "../../components/message.tsx";
import { Panel } from "../../components/panel.tsx";
import { changeSettings } from "../../place.ts";
import { ReasonedList } from "./reasonedList.tsx";
import { Settings } from "./settings.tsx";
import type { WhatIf } from "./whatIf.ts";

interface VariantProps {
  readonly title: string;
  readonly whatIf: WhatIf;
  readonly prefix: string;
  readonly answer: Answer<Recommendations>;
  /** What it stands beside. */
  readonly other: { readonly name: string; readonly answer: Answer<Recommendations> } | undefined;
}

/** A list, with the settings that it is made by. */
export function Variant({ title, whatIf, prefix, answer, other }: VariantProps): JSX.Element {
  const { data, error, isLoading } = answer;
  const others = other?.answer.data?.items;
  const beside = other !== undefined &&
    others !== undefined && {
      name: other.name,
      places: new Map(others.map(({ item }, place) => [item, place] as const)),
    };
  return (
    <Panel title={title} note="score: how likely it is next">
      <Settings whatIf={whatIf} prefix={prefix} />
      {error !== undefined && <Trouble error={error} />}
      <div class="list-room" aria-busy={isLoading}>
        {data !== undefined && data.items.length > 0 && (
          <ReasonedList
            label={title}
            items={data.items}
            other={beside === false ? undefined : beside}
            onSimilar={(item) => changeSettings({ similar: item }, { isStep: true })}
          />
        )}
        {data?.items.length === 0 && <Message>No item is left under these settings.</Message>}
        {data === undefined && error === undefined && !isLoading && (
          <Message>Enter an account or session above.</Message>
        )}
      </div>
    </Panel>
  );
}
