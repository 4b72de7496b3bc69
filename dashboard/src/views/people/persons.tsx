import type { AccountPeople } from "foldback/client";
import type { JSX } from "preact";
import { Panel } from "../../components/panel.tsx";
import { WideTable } from "../../components/wideTable.tsx";
import { count, date } from "../../format.ts";

/** Colours that there are; further persons begin anew, and are told by their numbers. */
const colours = 6;

/** @param person from 1; 0: nobody that is known. */
export function personClass(person: number): string {
  return person === 0 ? "person-none" : `person-${1 + ((person - 1) % colours)}`;
}

export function personName(person: number): string {
  return person === 0 ? "nobody known" : `person ${person}`;
}

/** A square of the person's colour, with the number in it. */
export function PersonMark({ person }: { readonly person: number }): JSX.Element {
  return (
    <svg class="person-mark" width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
      <rect class={personClass(person)} width="18" height="18" rx="4" />
      <text x="9" y="13" text-anchor="middle">
        {person === 0 ? "?" : person}
      </text>
    </svg>
  );
}

/** Devices and places of each. */
export function Persons({ people }: { readonly people: AccountPeople }): JSX.Element {
  const rows = () => [
    ["person", "sessions", "devices", "places", "first_seen", "last_seen", "active"],
    ...people.persons.map((one) => [
      ...[one.person, one.sessions, one.devices.join("; ")],
      one.places.map(({ city, sessions }) => `${city ?? "?"} (${sessions})`).join("; "),
      ...[one.firstSeen, one.lastSeen].map((at) => new Date(at).toISOString()),
      String(one.isActive),
    ]),
  ];
  return (
    <Panel title="Devices and places" saved={{ name: "persons", rows }}>
      <WideTable label="Persons">
        <thead>
          <tr>
            <th scope="col">Person</th>
            <th scope="col" class="number">
              Sessions
            </th>
            <th scope="col">Devices</th>
            <th scope="col">Cities</th>
            <th scope="col">Last seen</th>
          </tr>
        </thead>
        <tbody>
          {people.persons.map(({ person, sessions, devices, places, lastSeen, isActive }) => (
            <tr key={person}>
              <th scope="row">
                <span class="person">
                  <PersonMark person={person} /> {personName(person)}
                </span>
              </th>
              <td class="number">{count(sessions)}</td>
              <td>{few(devices)}</td>
              <td>{few(places.map(({ city, sessions: of }) => `${city ?? "?"} ${count(of)}`))}</td>
              <td>
                {date(lastSeen)}
                {!isActive && <span class="soft">, gone</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </WideTable>
    </Panel>
  );
}

function few(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown || "–";
}
