import type { Demo } from "foldback/client";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { changeDemo } from "../../api/demo.ts";
import { Slider } from "../../components/field.tsx";
import { Trouble } from "../../components/message.tsx";
import { count, moment, nothing } from "../../format.ts";

/** Simulated seconds a second, from watching a session to watching a season. */
const speeds = [1, 60, 300, 900, 1800, 3600, 7200, 14_400];
const dayMs = 86_400_000;

interface ControlsProps {
  readonly demo: Demo | undefined;
  /** Something was changed: look again. */
  readonly onChange: () => void;
}

/** The clock of the simulated world, and how fast it goes. */
export function Controls({ demo, onChange }: ControlsProps): JSX.Element {
  const [error, setError] = useState<unknown>(undefined);
  const clock = demo?.clock;
  const change = async (to: Parameters<typeof changeDemo>[0]): Promise<void> => {
    try {
      await changeDemo(to);
      setError(undefined);
      onChange();
    } catch (cause) {
      setError(cause);
    }
  };
  const speed = clock?.speed ?? 3600;
  const at = speeds.findLastIndex((one) => one <= speed);
  return (
    <section class="panel clock" aria-label="The simulated world">
      <p>
        <span class="soft small">Simulated time, in your zone</span>
        <strong class="now">{moment(clock?.now)}</strong>
        <span class="soft small">
          day{" "}
          {clock === undefined ? nothing : count(Math.floor((clock.now - clock.start) / dayMs) + 1)}
          , {count(clock?.events)} events{stateOf(clock)}
        </span>
      </p>
      <Slider
        label="Speed"
        value={Math.max(0, at)}
        min={0}
        max={speeds.length - 1}
        step={1}
        written={clock === undefined ? nothing : writtenSpeed(speed)}
        onInput={(place) => void change({ speed: speeds[place] })}
      />
      <button
        type="button"
        class="main"
        disabled={clock === undefined || clock.isOver}
        onClick={() => void change({ isPaused: clock?.isPaused !== true })}
      >
        {clock?.isPaused === true ? "Go on" : "Pause"}
      </button>
      {error !== undefined && <Trouble error={error} />}
    </section>
  );
}

function stateOf(clock: Demo["clock"] | undefined): string {
  if (clock?.isOver === true) return "; its end is reached, and all of it can be asked";
  return clock?.isPaused === true ? "; paused" : "";
}

function writtenSpeed(speed: number): string {
  if (speed >= 3600) return `${count(speed / 3600)} h a second`;
  return speed >= 60 ? `${count(speed / 60)} min a second` : `${count(speed)} s a second`;
}
