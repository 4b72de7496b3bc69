import type { JSX } from "preact";
import { Stat } from "../../components/stat.tsx";
import { bytes, count, fixed, milliseconds, percent, rate } from "../../format.ts";
import type { ReadingProps } from "./reading.ts";

/** Behind by more than this, lists are older than a person notices. */
const lagMsBad = 1000;

function sum(values: readonly number[] | undefined): number | undefined {
  return values?.reduce((total, value) => total + value, 0);
}

/** The numbers that one looks at first. */
export function Numbers({ reading }: ReadingProps): JSX.Element {
  const status = reading?.status;
  const health = status?.health;
  const [window] = health?.questions.next.windows ?? [];
  const lists = reading?.requests.find(({ route }) => route.endsWith("/recommendations"));
  const alarms = health?.recentAlarms.length;
  const memory = reading?.memory;
  return (
    <dl class="stats">
      <Stat
        label="Events a second"
        value={rate(reading?.eventsPerSecond)}
        note={`${count(status?.ingested.accepted)} since the start`}
      />
      <Stat
        label="Training lag"
        value={milliseconds(status?.trainingLagMs)}
        note={`${count(status?.trainingLag)} of ${count(status?.records)} records`}
        isBad={(status?.trainingLagMs ?? 0) > lagMsBad}
      />
      <Stat
        label="Examples a second"
        value={rate(health?.examplesPerSecond)}
        note={`${count(status?.examples)} learned`}
      />
      <Stat
        label="AUC, before learning"
        value={fixed(window?.auc, 3)}
        note={`latest ${count(window?.examples)} examples`}
      />
      <Stat
        label="Lists, p95"
        value={milliseconds(lists?.p95Ms)}
        note={lists === undefined ? "none in the last minute" : `p50 ${milliseconds(lists.p50Ms)}`}
      />
      <Stat
        label="Model memory"
        value={bytes(memory?.usedBytes)}
        note={
          memory === undefined
            ? " "
            : `${percent(memory.usedBytes / memory.sizeBytesMax)} of its limit`
        }
        isBad={memory !== undefined && memory.usedBytes > 0.95 * memory.sizeBytesMax}
      />
      <Stat
        label="Rows in the tables"
        value={count(sum(reading?.tables.map(({ ids }) => ids)))}
        note={`${count(sum(reading?.tables.map(({ pending }) => pending)))} ids pending`}
      />
      <Stat
        label="Alarms"
        value={count(alarms)}
        note={alarms === 0 ? "none kept" : "latest, see below"}
        isBad={(alarms ?? 0) > 0}
      />
    </dl>
  );
}
