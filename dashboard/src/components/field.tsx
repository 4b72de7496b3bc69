import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";

interface LabelledProps {
  /** Of what is labelled. */
  readonly id: string;
  readonly label: string;
  /** How its value is written, where it does not show that itself. */
  readonly written?: string;
  readonly children: ComponentChildren;
}

function Labelled({ id, label, written, children }: LabelledProps): JSX.Element {
  return (
    <div class="field">
      <div class="field-head">
        <label for={id}>{label}</label>
        {written !== undefined && <output for={id}>{written}</output>}
      </div>
      {children}
    </div>
  );
}

interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly placeholder?: string;
  readonly note?: ComponentChildren;
}

/** A line of text that counts once it is entered: by Enter, or on leaving it. */
export function TextField({
  label,
  value,
  onChange,
  placeholder,
  note,
}: TextFieldProps): JSX.Element {
  const id = useId();
  return (
    <Labelled id={id} label={label}>
      <input
        id={id}
        type="text"
        value={value}
        placeholder={placeholder}
        spellcheck={false}
        autocomplete="off"
        aria-describedby={note === undefined ? undefined : `${id}-note`}
        onChange={(event) => onChange(event.currentTarget.value.trim())}
      />
      {note !== undefined && (
        <span class="field-note" id={`${id}-note`}>
          {note}
        </span>
      )}
    </Labelled>
  );
}

interface DateFieldProps {
  readonly label: string;
  /** As `2026-06-01`; empty: none. */
  readonly value: string;
  readonly onChange: (value: string) => void;
}

export function DateField({ label, value, onChange }: DateFieldProps): JSX.Element {
  const id = useId();
  return (
    <Labelled id={id} label={label}>
      <input
        id={id}
        type="date"
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </Labelled>
  );
}

interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** How the value is written. */
  readonly written: string;
  readonly onInput: (value: number) => void;
}

export function Slider({
  label,
  value,
  min,
  max,
  step,
  written,
  onInput,
}: SliderProps): JSX.Element {
  const id = useId();
  return (
    <Labelled id={id} label={label} written={written}>
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        aria-valuetext={written}
        onInput={(event) => onInput(event.currentTarget.valueAsNumber)}
      />
    </Labelled>
  );
}

interface SelectFieldProps {
  readonly label: string;
  readonly value: string;
  /** What can be chosen, by value; in this order. */
  readonly choices: readonly { readonly value: string; readonly name: string }[];
  readonly onChange: (value: string) => void;
}

/** One of a few. */
export function SelectField({ label, value, choices, onChange }: SelectFieldProps): JSX.Element {
  const id = useId();
  return (
    <Labelled id={id} label={label}>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.name}
          </option>
        ))}
      </select>
    </Labelled>
  );
}
