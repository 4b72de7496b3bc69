import type { AccountPeople } from "foldback/client";
import type { JSX } from "preact";
import { Message } from "../../components/message.tsx";
import { Panel } from "../../components/panel.tsx";
import { WideTable } from "../../components/wideTable.tsx";
import { count, date, moment, percent } from "../../format.ts";
import { PersonMark, personClass, personName } from "./persons.tsx";

type SessionOf = NonNullable<AccountPeople["list"]>[number];

const width = 1000;
const left = 110;
const laneHeight = 30;
const dayMs = 86_400_000;

/** Every session that is kept, in its person's lane. */
export function Timeline({ people }: { readonly people: AccountPeople }): JSX.Element {
  const sessions = people.list ?? [];
  const rows = () => [
    ["start", "session", "person", "confidence", "beyond", "device", "city", "actions"],
    ...sessions.map((session) => [
      new Date(session.start).toISOString(),
      ...[session.session, session.person, session.confidence, String(session.isBeyond)],
      ...[session.device, session.city, session.actions.length],
    ]),
  ];
  return (
    <Panel
      title="Sessions by person"
      note={`${count(sessions.length)} sessions that are kept`}
      saved={{ name: "sessions", rows }}
    >
      {sessions.length === 0 ? <Message>None is kept.</Message> : <Lanes sessions={sessions} />}
      {sessions.length > 0 && (
        <details>
          <summary class="small">As a table</summary>
          <WideTable label="Sessions">
            <thead>
              <tr>
                <th scope="col">Began</th>
                <th scope="col">Person</th>
                <th scope="col" class="number">
                  Sure
                </th>
                <th scope="col">Device</th>
                <th scope="col">City</th>
                <th scope="col" class="number">
                  Actions
                </th>
              </tr>
            </thead>
            <tbody>
              {sessions.toReversed().map((session) => (
                <tr key={session.session}>
                  <th scope="row">{moment(session.start)}</th>
                  <td>
                    <span class="person">
                      <PersonMark person={laneOf(session)} /> {personName(laneOf(session))}
                    </span>
                  </td>
                  <td class="number">{percent(session.confidence)}</td>
                  <td>{session.device ?? "–"}</td>
                  <td>{session.city ?? "–"}</td>
                  <td class="number">{count(session.actions.length)}</td>
                </tr>
              ))}
            </tbody>
          </WideTable>
        </details>
      )}
    </Panel>
  );
}

function Lanes({ sessions }: { readonly sessions: readonly SessionOf[] }): JSX.Element {
  const lanes = [...new Set(sessions.map(laneOf))].sort((a, b) => (a || 1e9) - (b || 1e9));
  const first = Math.min(...sessions.map(({ start }) => start));
  const last = Math.max(...sessions.map(({ start }) => start));
  const span = Math.max(last - first, dayMs);
  const x = (time: number) => left + ((width - left - 12) * (time - first)) / span + 4;
  const height = lanes.length * laneHeight;
  const perLane = lanes.map(
    (lane) => `${personName(lane)} ${count(sessions.filter((one) => laneOf(one) === lane).length)}`,
  );
  const ticks = Array.from({ length: 6 }, (_, at) => first + (span * at) / 5);
  return (
    <div class="scroll" role="group" aria-label="Timeline of sessions" tabIndex={0}>
      <svg
        class="timeline"
        viewBox={`0 0 ${width} ${height + 22}`}
        role="img"
        aria-label={`Sessions from ${date(first)} to ${date(last)}: ${perLane.join(", ")}`}
      >
        {lanes.map((lane, at) => (
          <g key={lane} data-lane={lane}>
            <line
              class="lane"
              x1={left}
              x2={width}
              y1={(at + 1) * laneHeight - 0.5}
              y2={(at + 1) * laneHeight - 0.5}
            />
            <text x="0" y={at * laneHeight + 20}>
              {personName(lane)}
            </text>
            {sessions
              .filter((session) => laneOf(session) === lane)
              .map((session) => (
                <rect
                  key={session.session}
                  class={personClass(lane)}
                  x={x(session.start) - 2}
                  y={at * laneHeight + 6}
                  width="4"
                  height={laneHeight - 12}
                  rx="1.5"
                >
                  <title>
                    {[
                      moment(session.start),
                      ...(session.confidence === undefined
                        ? []
                        : [`${percent(session.confidence)} sure`]),
                      ...(session.device === undefined ? [] : [session.device]),
                      ...(session.city === undefined ? [] : [session.city]),
                      `${count(session.actions.length)} actions`,
                    ].join(", ")}
                  </title>
                </rect>
              ))}
          </g>
        ))}
        {ticks.map((time, at) => (
          <text
            key={time}
            class="tick"
            x={x(time)}
            y={height + 16}
            text-anchor={at === 5 ? "end" : "start"}
          >
            {date(time)}
          </text>
        ))}
      </svg>
    </div>
  );
}

/** 0: it is nobody's that is known. */
function laneOf({ person, isBeyond }: SessionOf): number {
  return isBeyond ? 0 : (person ?? 0);
}
