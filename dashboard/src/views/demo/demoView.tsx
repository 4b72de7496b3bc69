import type { JSX } from "preact";
import { Trouble } from "../../components/message.tsx";
import { usePlace } from "../../place.ts";
import { Controls } from "./controls.tsx";
import "./demo.css";
import { useDemo } from "./useDemo.ts";
import { What } from "./what.tsx";
import { Who } from "./who.tsx";
import { Why } from "./why.tsx";

/** Home of a demo: the three answers, each beside the truth, as the simulated world goes on. */
export function DemoView(): JSX.Element {
  const { settings } = usePlace();
  const { demo, error, look } = useDemo(settings.get("home") ?? "", settings.get("account") ?? "");
  return (
    <>
      <div class="view-head">
        <h1>How right is it?</h1>
        <span class="small soft">
          A simulated service streams through the engine, which sees events and nothing else. Here
          is what it says, beside what is true.
        </span>
      </div>
      {error !== undefined && <Trouble error={error} />}
      <Controls demo={demo} onChange={look} />
      <div class="columns thirds">
        <Who demo={demo} />
        <What demo={demo} />
        <Why demo={demo} />
      </div>
    </>
  );
}
