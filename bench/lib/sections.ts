/** What was learned, byte by byte: the sections of the newest snapshots of two data directories. */
import { createHash } from "node:crypto";
import { assert } from "#foldback/core";
import {
  type Config,
  createLearner,
  openSnapshots,
  resolveConfig,
  type UserConfig,
} from "#foldback/engine";
import { bar, count, figure } from "./report.ts";

/** Prints each section with its hash, and whether all of them are the same in both. */
export function compareSections(a: UserConfig, b: UserConfig, smoke: boolean): void {
  const [ofA, ofB] = [a, b].map((user) => readSections(resolveConfig(user)));
  const hashOf = (bytes: Buffer): string =>
    createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  let same = 0;
  for (const [name, bytes] of ofA) {
    const other = ofB.get(name) ?? noBytes;
    figure(`  ${name.padEnd(24)}`, `${count(bytes.length).padStart(12)} bytes  ${hashOf(bytes)}`);
    if (bytes.equals(other)) same++;
    else figure("", `B: ${count(other.length)} bytes, ${hashOf(other)}`);
  }
  figure("checksum", `${hashOf(Buffer.concat([...ofA.values()]))} of all sections of A`);
  const all = Math.max(ofA.size, ofB.size);
  bar(`sections with the same bytes: ${same} of ${all}`, same === all, smoke);
}

const noBytes = Buffer.alloc(0);

/** The sections of the newest snapshot, by name; what is restored from it must save the same bytes. */
function readSections(config: Config): Map<string, Buffer> {
  const { snapshot, refused } = openSnapshots(config).latest();
  assert(snapshot !== undefined && refused.length === 0, "the newest snapshot is whole");
  const { trainer } = createLearner(config);
  trainer.restore(snapshot);
  const sections = new Map([["settings", Buffer.from(snapshot.read("settings"))]]);
  const compare = (name: string, bytes: Uint8Array): void => {
    const section = Buffer.from(snapshot.read(name));
    assert(section.equals(bytes), `section ${name} is saved again as it was restored`);
    sections.set(name, section);
  };
  trainer.save({
    write: compare,
    // A part is valid until the next: each is copied as it comes.
    writeParts: (name, parts) => compare(name, Buffer.concat(Array.from(parts, (p) => p.slice()))),
  });
  snapshot.close();
  return sections;
}
