import type { AttributionPaths } from "foldback/client";
import type { JSX } from "preact";
import type { Answer } from "../../api/useAnswer.ts";
import { Message, Trouble } from "../../components/message.tsx";
import { Panel } from "../../components/panel.tsx";
import { count, fixed, percent } from "../../format.ts";
import { type Asked, dimensions } from "./asked.ts";
import { flowWidth, layOut, type Way } from "./flow.ts";

interface PathsProps {
  readonly asked: Asked;
  readonly answer: Answer<AttributionPaths>;
}

/** The ways that most conversions came. */
export function Paths({ asked, answer: { data, error } }: PathsProps): JSX.Element {
  const ways =
    data?.topPaths.filter(({ path, conversions }) => path.length > 0 && conversions > 0) ?? [];
  const shown = ways.reduce((sum, { conversions }) => sum + conversions, 0);
  const rows = () => [
    ["path", "conversions", "value", "nulls"],
    ...(data?.topPaths ?? []).map(({ path, conversions, value, nulls }) => [
      ...[path.join(" > "), conversions, value, nulls],
    ]),
  ];
  return (
    <Panel
      title="Top paths"
      note={
        data &&
        data.totals.conversions > 0 &&
        `${percent(shown / data.totals.conversions)} of conversions came by these, by ${dimensions[asked.by]}`
      }
      saved={{ name: "top-paths", rows: data && rows }}
    >
      {error !== undefined && <Trouble error={error} />}
      <div class="chart-room">
        {data !== undefined && ways.length === 0 && (
          <Message>No conversion of this event had a touch before it.</Message>
        )}
        {ways.length > 0 && <Flow ways={ways} />}
      </div>
      {ways.length > 0 && (
        <ol class="plain limited" tabIndex={0} aria-label="Paths, most conversions first">
          {ways.map(({ path, conversions }) => (
            <li key={path.join("\n")}>
              <span class="name">{path.join(" → ")}</span>
              <span class="soft">{written(conversions)}</span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}

function Flow({ ways }: { readonly ways: readonly Way[] }): JSX.Element | null {
  const flow = layOut(ways);
  if (flow === undefined) return null;
  const { nodes, links, height } = flow;
  const nameOf = (id: string) => nodes.find((node) => node.id === id)?.name ?? "";
  return (
    <div class="scroll" role="group" aria-label="Flow of the top paths" tabIndex={0}>
      <svg
        class="flow"
        viewBox={`0 0 ${flowWidth} ${height}`}
        role="img"
        aria-label="Top paths as streams that end in the conversion; the list below says the same in words"
      >
        {links.map(({ from, to, value, width, line }) => (
          <path key={`${from} → ${to}`} class="flow-link" d={line} stroke-width={width}>
            <title>{`${nameOf(from)} → ${nameOf(to)}: ${written(value)}`}</title>
          </path>
        ))}
        {nodes.map(({ id, name, left, x0, x1, y0, y1, value }) => {
          const isLast = left === 0;
          return (
            <g key={id}>
              <rect class="flow-node" x={x0} y={y0} width={x1 - x0} height={Math.max(1, y1 - y0)} />
              <text
                x={isLast ? x0 - 5 : x1 + 5}
                y={(y0 + y1) / 2}
                dy="0.35em"
                text-anchor={isLast ? "end" : "start"}
              >
                {`${name} ${written(value)}`}
              </text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}

function written(conversions: number): string {
  return conversions % 1 === 0 ? count(conversions) : fixed(conversions, 1);
}
