import type { JSX } from "preact";
import { Message } from "../../components/message.tsx";
import { Panel } from "../../components/panel.tsx";
import { WideTable } from "../../components/wideTable.tsx";
import { count, milliseconds } from "../../format.ts";
import type { ReadingProps } from "./reading.ts";

const shownMax = 6;

/** How long requests took in the last minute. */
export function Requests({ reading }: ReadingProps): JSX.Element {
  const all = reading?.requests ?? [];
  const requests = all.filter(({ route }) => route.startsWith("/v1/")).slice(0, shownMax);
  return (
    <Panel title="Requests" note="the last minute, as the service has it">
      {requests.length === 0 ? (
        <Message>No request was answered in the last minute.</Message>
      ) : (
        <WideTable label="Times of requests">
          <thead>
            <tr>
              <th scope="col">Route</th>
              {["p50", "p95", "p99", "in all"].map((name) => (
                <th key={name} scope="col" class="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {requests.map(({ method, route, p50Ms, p95Ms, p99Ms, count: times }) => (
              <tr key={`${method} ${route}`}>
                <th scope="row">
                  {method} <code>{route}</code>
                </th>
                <td class="number">{milliseconds(p50Ms)}</td>
                <td class="number">{milliseconds(p95Ms)}</td>
                <td class="number">{milliseconds(p99Ms)}</td>
                <td class="number">{count(times)}</td>
              </tr>
            ))}
          </tbody>
        </WideTable>
      )}
    </Panel>
  );
}
