import type { Demo } from "foldback/client";
import type { JSX } from "preact";
import { Message } from "../../components/message.tsx";
import { Panel } from "../../components/panel.tsx";
import { Strip } from "../../components/strip.tsx";
import { count, fixed, percent } from "../../format.ts";
import { hrefOf } from "../../place.ts";
import { BesideTruth } from "./besideTruth.tsx";
import { Figures } from "./figures.tsx";
import { NamePicker } from "./namePicker.tsx";

const dayMs = 86_400_000;

/** Whether what is foretold is played, and whether lists follow a taste that moves. */
export function What({ demo }: { readonly demo: Demo | undefined }): JSX.Element {
  const what = demo?.what;
  const worth = what?.worth;
  return (
    <Panel title="What to show next" note={`${count(what?.impressions)} songs shown`}>
      <p class="small soft">
        Before a song is shown, the engine says how likely it is played. Tastes move each day: one
        copy of the engine learned no more when the stream began.
      </p>
      <Figures
        of={[
          {
            label: "AUC of the engine",
            value: fixed(what?.auc?.live, 3),
            note: "guessing: 0.5",
          },
          {
            label: "that learned no more",
            value: fixed(what?.auc?.frozen, 3),
            note: `by popularity: ${fixed(what?.auc?.popular, 3)}`,
          },
          {
            label: "of the truth",
            value: fixed(what?.auc?.truth, 3),
            note: "nobody can do better",
          },
        ]}
      />
      <Curve demo={demo} />
      <BesideTruth
        label="How likely a song of a list is played, in truth"
        of="a list of eight songs"
        foundBy="played"
        written={percent}
        rows={[
          { name: "that they like most", truth: worth?.best, found: undefined },
          { name: "of the engine", truth: undefined, found: worth?.live },
          { name: "of the copy", truth: undefined, found: worth?.frozen },
          { name: "that are played most", truth: undefined, found: worth?.popular },
          { name: "at random", truth: undefined, found: worth?.any },
        ]}
      />
      <p class="small soft">
        The true probability that a song of the list is played, of songs that they have not had.
        Mean of the latest {count(Math.min(what?.lists ?? 0, 1000))} lists.
      </p>
      <NamePicker
        label="One listener’s account"
        setting="account"
        beginning="a"
        shown={demo?.listener?.account}
      />
      <div class="one">
        <OneListener demo={demo} />
      </div>
    </Panel>
  );
}

function Curve({ demo }: { readonly demo: Demo | undefined }): JSX.Element {
  const points = demo?.what.points ?? [];
  if (demo === undefined || points.length < 2) {
    return (
      <div class="curve">
        <Message>
          The curve begins when 2,000 songs have been shown, half a day after the stream.
        </Message>
      </div>
    );
  }
  const line = (label: string, who: "live" | "frozen" | "truth" | "popular") => ({
    label,
    values: points.map((point) => point[who]),
    latest: fixed(points.at(-1)?.[who], 3),
  });
  return (
    <div class="curve">
      <Strip
        title="AUC by day of the simulated world"
        x={points.map(({ time }) => (time - demo.clock.start) / dayMs)}
        isTime={false}
        range={[0.55, 0.8]}
        written={(value) => fixed(value, 2)}
        lines={[
          line("engine", "live"),
          line("learned no more", "frozen"),
          line("truth", "truth"),
          line("popularity", "popular"),
        ]}
      />
    </div>
  );
}

function OneListener({ demo }: { readonly demo: Demo | undefined }): JSX.Element {
  if (demo === undefined) return <Message>Asking</Message>;
  const { listener } = demo;
  if (listener === null) {
    return (
      <Message>Nobody has listened under that name. Listeners are named a1, a2 and so on.</Message>
    );
  }
  return (
    <>
      <BesideTruth
        label={`Genres of ${listener.account}`}
        of="genre of 50 songs"
        foundBy="its list"
        written={percent}
        rows={listener.genres.map(({ genre, truth, found }) => ({ name: genre, truth, found }))}
      />
      <p class="small soft">
        Truth: the songs that its people ({count(listener.people)}) like most now.{" "}
        <a href={hrefOf("recommend", { account: listener.account })}>
          Its list, and why, in Recommend
        </a>
        .
      </p>
    </>
  );
}
