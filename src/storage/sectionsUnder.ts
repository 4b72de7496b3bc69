import type { SnapshotSink, SnapshotSource } from "./snapshot.ts";

/** The same snapshot, where every section's name begins with `prefix`: for the second of two alike. */
export function sinkUnder(prefix: string, sink: SnapshotSink): SnapshotSink {
  return {
    write: (section, bytes) => sink.write(prefix + section, bytes),
    writeParts: (section, parts) => sink.writeParts(prefix + section, parts),
  };
}

/** What was written under the prefix. */
export function sourceUnder(prefix: string, source: SnapshotSource): SnapshotSource {
  const { base } = source;
  return {
    read: (section) => source.read(prefix + section),
    readParts: (section, partBytes) => source.readParts(prefix + section, partBytes),
    ...(base === undefined ? {} : { base: sourceUnder(prefix, base) }),
  };
}
