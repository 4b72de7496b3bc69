import type { JSX } from "preact";
import { type Session, SessionContext, useSessionState } from "./api/session.ts";
import { later } from "./components/later.tsx";
import { Trouble } from "./components/message.tsx";
import { KeyGate } from "./keyGate.tsx";
import { hrefOf, usePlace } from "./place.ts";
import { LiveView } from "./views/live/liveView.tsx";
import { RecommendView } from "./views/recommend/recommendView.tsx";

const AttributionView = later(
  async () => (await import("./views/attribution/attributionView.tsx")).AttributionView,
);
const PeopleView = later(async () => (await import("./views/people/peopleView.tsx")).PeopleView);
const DataView = later(async () => (await import("./views/data/dataView.tsx")).DataView);

/** In the order of the navigation; the first is home. */
const views = {
  live: { title: "Live", View: LiveView },
  recommend: { title: "Recommend", View: RecommendView },
  attribution: { title: "Attribution", View: AttributionView },
  people: { title: "People", View: PeopleView },
  data: { title: "Data", View: DataView },
} as const;

export function App(): JSX.Element {
  const { state, enter } = useSessionState();
  switch (state.kind) {
    case "asking":
      return <Frame />;
    case "keyNeeded":
      return (
        <Frame>
          <KeyGate wrong={state.wrong} onKey={enter} />
        </Frame>
      );
    case "failed":
      return (
        <Frame>
          <Trouble error={state.error} />
        </Frame>
      );
    case "open":
      return (
        <SessionContext.Provider value={state}>
          <OpenPage session={state} />
        </SessionContext.Provider>
      );
  }
}

function OpenPage({ session }: { readonly session: Session }): JSX.Element {
  const { view } = usePlace();
  const name = view in views ? (view as keyof typeof views) : "live";
  const { View, title } = views[name];
  document.title = `${title} · foldback`;
  const { caller, leave } = session;
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to content
      </a>
      <header class="top">
        <a class="brand" href={hrefOf("live")}>
          foldback
        </a>
        <nav aria-label="Views">
          {Object.entries(views).map(([each, { title: label }]) => (
            <a key={each} href={hrefOf(each)} aria-current={each === name ? "page" : undefined}>
              {label}
            </a>
          ))}
        </nav>
        <div class="who">
          {caller.isKeyNeeded && (
            <>
              <span>
                {caller.name} may {caller.scopes.join(", ")}
              </span>
              <button type="button" onClick={leave}>
                Log out
              </button>
            </>
          )}
          <a href="docs">API</a>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        <View />
      </main>
    </>
  );
}

/** To the content without a step in the URL, which names the view. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function Frame({ children }: { readonly children?: JSX.Element }): JSX.Element {
  return (
    <>
      <header class="top">
        <span class="brand">foldback</span>
      </header>
      <main>{children}</main>
    </>
  );
}
