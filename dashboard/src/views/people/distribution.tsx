import type { PeopleSummary } from "foldback/client";
import type { JSX } from "preact";
import { Panel } from "../../components/panel.tsx";
import { WideTable } from "../../components/wideTable.tsx";
import { count, percent } from "../../format.ts";

interface DistributionProps {
  readonly summary: PeopleSummary | undefined;
}

const classes: Readonly<Record<string, string>> = {
  single: "one person",
  family: "several in one home",
  homes: "several homes",
  resold: "strangers, far apart",
};

/** Accounts by how many people are behind them. */
export function Distribution({ summary }: DistributionProps): JSX.Element {
  const cells = Object.entries(summary?.people ?? {});
  const most = Math.max(...cells.map(([, accounts]) => accounts ?? 0), 1);
  const rows = () => [
    ["people", "accounts", "expected", "deviation"],
    ...cells.map(([people, accounts]) => {
      const expected = summary?.expected[people];
      return [people, accounts, expected?.mean, expected?.deviation];
    }),
  ];
  return (
    <Panel
      title="People an account"
      note={summary && `${told(summary.counted)} accounts counted`}
      saved={{ name: "people-distribution", rows: summary && rows }}
    >
      <div class="summary-room">
        <WideTable label="Accounts by how many people are behind them">
          <thead>
            <tr>
              <th scope="col">People</th>
              <th scope="col">Accounts</th>
              <th scope="col" class="number">
                By probability
              </th>
            </tr>
          </thead>
          <tbody>
            {cells.map(([people, accounts]) => (
              <tr key={people}>
                <th scope="row">{people}</th>
                <td class="barred">
                  <svg width="100%" height="10" aria-hidden="true" preserveAspectRatio="none">
                    <rect
                      class="plus"
                      width={`${(100 * (accounts ?? 0)) / most}%`}
                      height="10"
                      rx="2"
                    />
                  </svg>
                  {told(accounts)}
                  {accounts !== null &&
                    summary !== undefined &&
                    summary.counted !== null &&
                    `, ${percent(accounts / summary.counted)}`}
                </td>
                <td class="number">{intervalOf(summary?.expected[people])}</td>
              </tr>
            ))}
            {cells.length === 0 && (
              <tr>
                <td colSpan={3} class="soft">
                  No account is counted yet.
                </td>
              </tr>
            )}
          </tbody>
        </WideTable>
        <dl class="plain-list small">
          {Object.entries(summary?.classes ?? {}).map(([name, accounts]) => (
            <div key={name}>
              <dt>{classes[name] ?? name}</dt>
              <dd>{told(accounts)}</dd>
            </div>
          ))}
        </dl>
      </div>
    </Panel>
  );
}

/** Two standard deviations to either side: 95 of 100. */
function intervalOf(expected: PeopleSummary["expected"][string] | undefined): string {
  if (expected === undefined) return "–";
  const { mean, deviation } = expected;
  return `${count(Math.max(0, mean - 2 * deviation))} to ${count(mean + 2 * deviation)}`;
}

/** A number, or that it is too small to be told. */
export function told(accounts: number | null): string {
  return accounts === null ? "few" : count(accounts);
}
