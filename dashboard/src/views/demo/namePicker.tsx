import type { JSX } from "preact";
import { TextField } from "../../components/field.tsx";
import { changeSettings, usePlace } from "../../place.ts";

interface NamePickerProps {
  readonly label: string;
  /** Where it is in the URL. */
  readonly setting: string;
  /** Of the names: `a` as in `a7`. */
  readonly beginning: string;
  /** The one that is shown: what was picked, or else what comes by itself. */
  readonly shown: string | undefined;
}

/** Which account is looked at. A number is enough of a name. */
export function NamePicker({ label, setting, beginning, shown }: NamePickerProps): JSX.Element {
  const { settings } = usePlace();
  return (
    <TextField
      label={label}
      value={settings.get(setting) ?? shown ?? ""}
      onChange={(came) => {
        const name = /^\d+$/.test(came) ? `${beginning}${came}` : came;
        changeSettings({ [setting]: name }, { isStep: true });
      }}
    />
  );
}
