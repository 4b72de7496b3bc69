import type { Demo } from "foldback/client";
import type { JSX } from "preact";
import { Message } from "../../components/message.tsx";
import { Panel } from "../../components/panel.tsx";
import { count, fixed, percent } from "../../format.ts";
import { hrefOf } from "../../place.ts";
import { BesideTruth } from "./besideTruth.tsx";
import { Figures } from "./figures.tsx";
import { NamePicker } from "./namePicker.tsx";

const most = 5;

/** How many people are behind each household's account: the engine's count beside the truth. */
export function Who({ demo }: { readonly demo: Demo | undefined }): JSX.Element {
  const who = demo?.who;
  const rows: readonly Partial<Demo["who"]["distribution"][number]>[] =
    who?.distribution ?? Array.from({ length: most }, (_, at) => ({ people: at + 1 }));
  return (
    <Panel title="Who is behind an account" note={`${count(who?.counted)} households counted`}>
      <p class="small soft">
        The engine sees devices, places, hours and songs. How many people share the account, it has
        to find out.
      </p>
      <Figures
        of={[
          {
            label: "Number right",
            value: percent(who?.exact),
            note: `always “one”: ${percent(who?.alwaysOne.exact)}`,
          },
          {
            label: "Off by, on the mean",
            value: fixed(who?.meanAbsoluteError, 2),
            note: `always “one”: ${fixed(who?.alwaysOne.meanAbsoluteError, 2)}`,
          },
          {
            label: "Sessions to the right person",
            value: percent(who?.sessionsRight),
            note: `in its interval: ${percent(who?.within)}`,
          },
        ]}
      />
      <BesideTruth
        label="Accounts by number of people"
        of="people"
        foundBy="engine"
        written={count}
        rows={rows.map(({ people, truth, found }) => ({
          name: people === most ? `${most} and more` : String(people),
          truth,
          found,
        }))}
      />
      <NamePicker label="One household" setting="home" beginning="h" shown={demo?.home?.account} />
      <div class="one">
        <OneHome demo={demo} />
      </div>
    </Panel>
  );
}

function OneHome({ demo }: { readonly demo: Demo | undefined }): JSX.Element {
  if (demo === undefined) return <Message>Asking</Message>;
  const { home } = demo;
  if (home === null) {
    return <Message>There is no such household. They are named h1, h2 and so on.</Message>;
  }
  const { found, people, trueSessions, foundSessions } = home;
  if (found === undefined) {
    return (
      <Message>
        {count(people)} in truth. It has too few sessions to be counted as yet: ten are needed.
      </Message>
    );
  }
  const sorted = (sessions: readonly number[]) => [...sessions].sort((a, b) => b - a);
  const [truths, founds] = [sorted(trueSessions), sorted(foundSessions)];
  return (
    <>
      <p>
        <strong>{found.people === people ? "Right" : "Wrong"}</strong>: {count(people)} in truth,{" "}
        {count(found.people)} by the engine, {percent(found.probability)} sure
        {found.low === found.high ? "" : `; ${found.low} to ${found.high} are likely`}.{" "}
        {percent(found.sessionsRight / Math.max(1, found.sessions))} of its sessions have the right
        person.
      </p>
      <BesideTruth
        label={`Sessions of each person of ${home.account}`}
        of="sessions of person"
        foundBy="engine"
        written={count}
        rows={Array.from({ length: Math.max(truths.length, founds.length) }, (_, at) => ({
          name: String(at + 1),
          truth: truths[at] ?? 0,
          found: founds[at] ?? 0,
        }))}
      />
      <p class="small soft clamped">
        {found.evidence}. <a href={hrefOf("people", { account: home.account })}>More in People</a>.
      </p>
    </>
  );
}
