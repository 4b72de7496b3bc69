/** That the suite for views lets a right view through, and stops each kind of wrong one. */
import { expect, test } from "vitest";
import type { LogRecord, Offset, SnapshotSink, SnapshotSource, View } from "../event/index.ts";
import { play, readEverything } from "../testing/logRecords.ts";
import { SimulatedLog } from "../testing/simulatedLog.ts";
import { viewConformance, viewLaws } from "../testing/viewConformance.ts";
import { VirtualClock } from "../testing/virtualClock.ts";

const partitionCount = 4;

/** How often each account did something: the smallest right view. */
class CountView implements View {
  offsets: Offset[] = new Array<number>(partitionCount).fill(0);
  counts = new Map<string, number>();

  apply(record: LogRecord): void {
    if (record.offset < this.offsets[record.partition]) return;
    this.offsets[record.partition] = record.offset + 1;
    this.count(record);
  }

  count({ event }: LogRecord): void {
    const account = event.account ?? "";
    this.counts.set(account, (this.counts.get(account) ?? 0) + 1);
  }

  save(sink: SnapshotSink): void {
    const state = [this.offsets, [...this.counts]];
    sink.write("counts", new TextEncoder().encode(JSON.stringify(state)));
  }

  restore(source: SnapshotSource): void {
    [this.offsets, this.counts] = decode(source);
  }
}

function decode(source: SnapshotSource): [Offset[], Map<string, number>] {
  const text = new TextDecoder().decode(source.read("counts"));
  const [offsets, counts] = JSON.parse(text) as [Offset[], [string, number][]];
  return [offsets, new Map(counts)];
}

const log = new SimulatedLog({ clock: new VirtualClock(1_000), partitionCount });
await log.append(play(0, 120));
const records = await readEverything(log);

viewConformance("counts", { makeView: () => new CountView(), records });

/** The same in parts: the state of the moment is in the text, whenever the parts are asked for. */
function inParts(): View {
  const view = new CountView();
  view.save = (sink) => {
    const bytes = new TextEncoder().encode(JSON.stringify([view.offsets, [...view.counts]]));
    sink.writeParts("counts", partsOf(bytes, 100));
  };
  view.restore = (source) => {
    const text = new TextDecoder();
    let json = "";
    for (const part of source.readParts("counts", 64)) json += text.decode(part, { stream: true });
    const [offsets, counts] = JSON.parse(json) as [Offset[], [string, number][]];
    view.offsets = offsets;
    view.counts = new Map(counts);
  };
  return view;
}

function* partsOf(bytes: Uint8Array, sizeBytes: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes);
}

viewConformance("counts in parts", { makeView: inParts, records });

const wrongViews: Record<string, () => View> = {
  "applies a record twice": () => {
    const view = new CountView();
    view.apply = (record) => {
      view.offsets[record.partition] = record.offset + 1;
      view.count(record);
    };
    return view;
  },
  "forgets its offsets when it saves": () => {
    const view = new CountView();
    view.save = (sink) => {
      const state = [[0, 0, 0, 0], [...view.counts]];
      sink.write("counts", new TextEncoder().encode(JSON.stringify(state)));
    };
    return view;
  },
  "keeps what it had when it is restored": () => {
    const view = new CountView();
    view.restore = (source) => {
      const [offsets, counts] = decode(source);
      view.offsets = offsets;
      for (const [account, count] of counts) view.counts.set(account, count);
    };
    return view;
  },
  "saves its entries in an order that depends on the past": () => {
    const view = new CountView();
    const { restore } = view;
    view.restore = (source) => {
      restore.call(view, source);
      view.counts = new Map([...view.counts].toReversed());
    };
    return view;
  },
  "reads the clock": () => {
    const view = new CountView();
    const { count } = view;
    view.count = (record) => {
      view.counts.set("now", Date.now() > 0 ? 1 : 0);
      count.call(view, record);
    };
    return view;
  },
  "draws from the global randomness": () => {
    const view = new CountView();
    view.count = () => {
      view.counts.set("random", Math.random());
    };
    return view;
  },
  "changes when it is saved": () => {
    const view = new CountView();
    const { save } = view;
    view.save = (sink) => {
      view.counts.set("saves", (view.counts.get("saves") ?? 0) + 1);
      save.call(view, sink);
    };
    return view;
  },
  "goes on to change the array that it gave away": () => {
    const view = new CountView();
    const bytes = new Uint8Array(100_000);
    view.save = (sink) => {
      bytes.fill(0x20); // spaces, which JSON passes over
      bytes.set(new TextEncoder().encode(JSON.stringify([view.offsets, [...view.counts]])));
      sink.write("counts", bytes);
    };
    const { count } = view;
    view.count = (record) => {
      count.call(view, record);
      bytes.fill(0x20);
    };
    return view;
  },
  "gives parts of what it is when they are asked for": () => {
    const view = new CountView();
    view.save = (sink) => {
      sink.writeParts("counts", {
        *[Symbol.iterator]() {
          yield new TextEncoder().encode(JSON.stringify([view.offsets, [...view.counts]]));
        },
      });
    };
    return view;
  },
  "does nothing": () => {
    const view = new CountView();
    view.apply = () => undefined;
    return view;
  },
};

for (const [what, makeView] of Object.entries(wrongViews)) {
  test(`a view that ${what} does not pass`, async () => {
    const results = await Promise.allSettled(
      viewLaws.map((law) => law.check({ makeView, records })),
    );
    expect(results.some(({ status }) => status === "rejected")).toBe(true);
  });
}
