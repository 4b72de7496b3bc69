import type { Evaluation } from "foldback/client";
import type { JSX } from "preact";
import { useSession } from "../../api/session.ts";
import { useAnswer } from "../../api/useAnswer.ts";
import { Message, Trouble } from "../../components/message.tsx";
import { Panel } from "../../components/panel.tsx";
import { Strip } from "../../components/strip.tsx";
import { WideTable } from "../../components/wideTable.tsx";
import { count, fixed } from "../../format.ts";

const rivals = [
  ["popularity", "popularity"],
  ["recency", "recent popularity"],
  ["itemCosine", "item to item"],
] as const;

/** What `foldback evaluate` said of the lists, against what they have to beat. */
export function EvaluationPanel(): JSX.Element {
  const { client } = useSession();
  const { data, error, isLoading } = useAnswer((signal) => client.evaluation({ signal }), "once");
  return (
    <Panel
      title="Lists against baselines"
      note={data === undefined ? undefined : `${data.file}, ${count(data.evaluated)} events`}
    >
      {error !== undefined && <Trouble error={error} />}
      {data !== undefined && <Report evaluation={data} />}
      {data === undefined && error === undefined && (
        <Message>
          {isLoading ? (
            "Asking for the evaluation"
          ) : (
            <>
              Nothing was evaluated in this data directory.{" "}
              <code>foldback evaluate FILE --data DIR</code> asks for a list before each event of a
              file, then learns from it.
            </>
          )}
        </Message>
      )}
    </Panel>
  );
}

function Report({ evaluation }: { readonly evaluation: Evaluation }): JSX.Element {
  const { metrics, baselines, curve } = evaluation;
  return (
    <>
      {curve.length > 1 && (
        <Strip
          title="hit@10 so far"
          isTall
          isTime={false}
          x={curve.map(({ events }) => events)}
          written={(value) => fixed(value, 2)}
          lines={[
            line(
              "foldback",
              curve.map(({ engine }) => engine),
              metrics["hit@10"],
            ),
            ...rivals.map(([name, label]) =>
              line(
                label,
                curve.map((point) => point[name]),
                baselines[name]["hit@10"],
              ),
            ),
          ]}
        />
      )}
      <WideTable label="Quality of the lists">
        <thead>
          <tr>
            <th scope="col">Asked before each event</th>
            <th scope="col" class="number">
              hit@10
            </th>
            <th scope="col" class="number">
              NDCG@10
            </th>
            <th scope="col" class="number">
              AUC
            </th>
          </tr>
        </thead>
        <tbody>
          {[
            ["foldback", metrics] as const,
            ...rivals.map(([name, label]) => [label, baselines[name]] as const),
          ].map(([label, quality]) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td class="number">{fixed(quality["hit@10"], 3)}</td>
              <td class="number">{fixed(quality["ndcg@10"], 3)}</td>
              <td class="number">{fixed(quality.auc, 3)}</td>
            </tr>
          ))}
        </tbody>
      </WideTable>
    </>
  );
}

function line(label: string, values: readonly number[], latest: number | null) {
  return { label, values, latest: fixed(latest, 3) };
}
