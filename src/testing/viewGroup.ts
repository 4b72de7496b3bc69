import type { LogRecord, Offsets, SnapshotSink, SnapshotSource, View } from "../event/index.ts";

/** Several views as one, each record to each in this order: for a view that reads others. */
export class ViewGroup implements View {
  readonly #views: readonly View[];

  constructor(...views: View[]) {
    this.#views = views;
  }

  get offsets(): Offsets {
    return this.#views[this.#views.length - 1].offsets;
  }

  apply(record: LogRecord): void {
    for (const view of this.#views) view.apply(record);
  }

  save(sink: SnapshotSink): void {
    for (const view of this.#views) view.save(sink);
  }

  restore(source: SnapshotSource): void {
    for (const view of this.#views) view.restore(source);
  }
}
