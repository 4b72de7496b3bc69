import type { AttributionCredit } from "foldback/client";
import type { JSX } from "preact";
import type { Answer } from "../../api/useAnswer.ts";
import { Message, Trouble } from "../../components/message.tsx";
import { Panel } from "../../components/panel.tsx";
import { WideTable } from "../../components/wideTable.tsx";
import { count, fixed } from "../../format.ts";
import { type Asked, dimensions } from "./asked.ts";

const names: Readonly<Record<string, string>> = {
  "last-click": "Last click",
  "last-touch": "Last touch",
  "first-touch": "First touch",
  "last-non-direct": "Last non-direct",
  linear: "Linear",
  "time-decay": "Time decay",
  position: "Position",
  markov: "Markov",
  shapley: "Shapley",
  "simplified-shapley": "Shapley, simplified",
};

/** What the others are compared with. */
const base = "last-click";

interface ModelsProps {
  readonly asked: Asked;
  readonly answer: Answer<AttributionCredit>;
}

/** All models on the same journeys: what each channel earned, and how far that is from the last click. */
export function Models({ asked, answer: { data, error } }: ModelsProps): JSX.Element {
  const what = dimensions[asked.by];
  const models = creditsOf(data);
  const channels = [...new Set(models.flatMap(({ credits }) => [...credits.keys()]))];
  const bases = models.find(({ model }) => model === base)?.credits;
  const total = (channel: string | null) =>
    models.reduce((sum, { credits }) => sum + (credits.get(channel) ?? 0), 0);
  // The most credited first; what had no click at the end.
  channels.sort((a, b) => Number(a === null) - Number(b === null) || total(b) - total(a));
  const most = Math.max(
    ...models.flatMap(({ credits }) => [...credits.values()]),
    data?.totals.unattributed ?? 0,
    1e-9,
  );
  const rows = () => [
    [what, ...models.map(({ model }) => model)],
    ...channels.map((channel) => [
      channel ?? "(no click)",
      ...models.map(({ credits }) => credits.get(channel) ?? 0),
    ]),
    ["(unattributed)", ...models.map(() => data?.totals.unattributed)],
  ];
  return (
    <Panel
      title="Models side by side"
      note={
        data &&
        `${count(data.totals.conversions)} conversions, touches of ${days(data.settings.lookbackMs)} before them; differences from the last click`
      }
      saved={{ name: "models", rows: data && rows }}
    >
      {error !== undefined && <Trouble error={error} />}
      {data !== undefined && data.totals.conversions === 0 && (
        <Message>There are no conversions of this event to divide.</Message>
      )}
      <div class="models-room">
        {data !== undefined && data.totals.conversions > 0 && (
          <WideTable label="Conversions credited to each, by model">
            <thead>
              <tr>
                <th scope="col">{what}</th>
                {models.map(({ model }) => (
                  <th key={model} scope="col">
                    {names[model] ?? model}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {channels.map((channel) => (
                <tr key={channel ?? ""}>
                  <th scope="row">{channel ?? "no click before it"}</th>
                  {models.map(({ model, credits }) => (
                    <Credit
                      key={model}
                      value={credits.get(channel) ?? 0}
                      most={most}
                      base={
                        model === base || channel === null ? undefined : (bases?.get(channel) ?? 0)
                      }
                    />
                  ))}
                </tr>
              ))}
              <tr>
                <th scope="row">unattributed: no touch before it</th>
                {models.map(({ model }) => (
                  <Credit
                    key={model}
                    value={data.totals.unattributed}
                    most={most}
                    base={undefined}
                  />
                ))}
              </tr>
            </tbody>
          </WideTable>
        )}
      </div>
    </Panel>
  );
}

interface CreditProps {
  readonly value: number;
  readonly most: number;
  /** What it is compared with; undefined: with nothing. */
  readonly base: number | undefined;
}

function Credit({ value, most, base: other }: CreditProps): JSX.Element {
  const difference = other === undefined ? 0 : value - other;
  return (
    <td class="credit">
      {fixed(value, value % 1 === 0 ? 0 : 1)}
      <svg width="100%" height="6" aria-hidden="true" preserveAspectRatio="none">
        <rect
          class={value < 0 ? "minus" : "plus"}
          width={`${(100 * Math.abs(value)) / most}%`}
          height="6"
          rx="2"
        />
      </svg>
      <span class="soft">
        {Math.abs(difference) < 0.05
          ? " "
          : `${difference < 0 ? "−" : "+"}${fixed(Math.abs(difference), 1)}`}
      </span>
    </td>
  );
}

/** Models that the data allow, in the order of their names above. */
function creditsOf(data: AttributionCredit | undefined) {
  const places = Object.keys(names);
  return Object.entries(data?.models ?? {})
    .flatMap(([model, rows]) =>
      rows === null
        ? []
        : [{ model, credits: new Map(rows.map((row) => [row.channel, row.conversions] as const)) }],
    )
    .toSorted((a, b) => places.indexOf(a.model) - places.indexOf(b.model));
}

function days(ms: number): string {
  return `${count(ms / 86_400_000)} days`;
}
