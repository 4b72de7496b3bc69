import type { EventTypes } from "foldback/client";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { SelectField } from "../../components/field.tsx";
import { Message } from "../../components/message.tsx";
import { Panel } from "../../components/panel.tsx";
import { WideTable } from "../../components/wideTable.tsx";
import { changeSettings, usePlace } from "../../place.ts";
import { fieldsOf } from "./schemaFields.ts";

/** What an event of a type must have and may have, and one to copy. */
export function SchemaPanel({ of }: { readonly of: EventTypes }): JSX.Element {
  const { settings } = usePlace();
  const asked = settings.get("schema") ?? "play";
  const shown = of.types.find(({ type }) => type === asked) ?? of.types.at(0);
  if (shown === undefined) return <Message>The service takes no events.</Message>;
  const { type, needed, example } = shown;
  const needs = new Set(needed.flat());
  const text = JSON.stringify(example, undefined, 2);
  return (
    <Panel title="What events look like" note="as the service itself checks them">
      <div class="columns halves">
        <div class="stack tight">
          <SelectField
            label="Type of event"
            value={type}
            choices={of.types.map(({ type: name }) => ({ value: name, name }))}
            onChange={(value) => changeSettings({ schema: value })}
          />
          <p class="small">
            Needs <code>type</code>, <code>time</code>
            {needed.map((names) => (
              <span key={names.join(" ")}>
                {", "}
                {names.map((name, place) => (
                  <span key={name}>
                    {place > 0 && " or "}
                    <code>{name}</code>
                  </span>
                ))}
              </span>
            ))}
            . What is not below goes into <code>context</code>.
          </p>
        </div>
        <div class="stack tight">
          <Example type={type} text={text} />
        </div>
      </div>
      <WideTable label="Fields of events">
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Of {type}</th>
            <th scope="col">Allowed</th>
            <th scope="col">What it says</th>
          </tr>
        </thead>
        <tbody class="fields">
          {fieldsOf(of.schema).map(({ path, allowed, description }) => (
            <tr key={path}>
              <th scope="row">
                <code>{path}</code>
              </th>
              <td>{wordOf(path, needs, needed)}</td>
              <td>{allowed}</td>
              <td class="words">{withCode(description)}</td>
            </tr>
          ))}
        </tbody>
      </WideTable>
    </Panel>
  );
}

/** What stands between `…` is code. */
function withCode(text: string): (string | JSX.Element)[] {
  return text
    .split("`")
    .map((part, place) => (place % 2 === 0 ? part : <code key={place}>{part}</code>));
}

function wordOf(
  path: string,
  needs: ReadonlySet<string>,
  needed: readonly (readonly string[])[],
): string {
  if (path === "type" || path === "time") return "needed";
  const isInside = [...needs].some((need) => need.startsWith(`${path}.`));
  if (!needs.has(path) && !isInside) return "";
  const others = needed.find((names) => names.includes(path))?.filter((name) => name !== path);
  return others === undefined || others.length === 0 ? "needed" : `needed, or ${others.join(", ")}`;
}

function Example({ type, text }: { readonly type: string; readonly text: string }): JSX.Element {
  const [copied, setCopied] = useState<string>();
  // Pages that came over plain HTTP from another machine have no clipboard: there it is marked and copied by hand.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  return (
    <>
      <pre aria-label={`Example of ${type}`} role="group" tabIndex={0}>
        {text}
      </pre>
      {clipboard !== undefined && (
        <div class="buttons">
          <button
            type="button"
            onClick={() => {
              clipboard.writeText(text).then(
                () => setCopied(text),
                () => setCopied(undefined),
              );
            }}
          >
            Copy
          </button>
          <span class="small soft" role="status">
            {copied === text ? "Copied" : ""}
          </span>
        </div>
      )}
    </>
  );
}
