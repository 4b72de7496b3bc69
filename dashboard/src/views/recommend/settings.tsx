import type { JSX } from "preact";
import { Slider, TextField } from "../../components/field.tsx";
import { fixed } from "../../format.ts";
import { changeSettings } from "../../place.ts";
import { settingsOf, type WhatIf } from "./whatIf.ts";

interface SettingsProps {
  readonly whatIf: WhatIf;
  readonly prefix: string;
}

/** What if: the settings that a request can have. */
export function Settings({ whatIf, prefix }: SettingsProps): JSX.Element {
  const { diversity, boosted, factor, filter, artistMax } = whatIf;
  const change = (of: Partial<WhatIf>) => changeSettings(settingsOf(of, prefix));
  return (
    <div class="settings">
      <Slider
        label="Diversity"
        value={diversity}
        min={0}
        max={1}
        step={0.05}
        written={diversity === 0 ? "by score alone" : fixed(diversity, 2)}
        onInput={(value) => change({ diversity: value })}
      />
      <Slider
        label="Artist cap"
        value={artistMax}
        min={0}
        max={10}
        step={1}
        written={artistMax === 0 ? "none" : `${artistMax} items`}
        onInput={(value) => change({ artistMax: value })}
      />
      <TextField
        label="Boost items where"
        value={boosted}
        placeholder={'"rock" in categories'}
        onChange={(value) => change({ boosted: value })}
      />
      <Slider
        label="Boost factor"
        value={factor}
        min={0}
        max={10}
        step={0.5}
        written={fixed(factor, 1)}
        onInput={(value) => change({ factor: value })}
      />
      <TextField
        label="Only items where"
        value={filter}
        placeholder="released >= 2015"
        onChange={(value) => change({ filter: value })}
      />
    </div>
  );
}
