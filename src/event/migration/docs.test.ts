import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { gorseTypes } from "./gorseRecord.ts";

test("docs/MIGRATION.md has the event types that feedback types become", () => {
  const text = readFileSync("docs/MIGRATION.md", "utf8");
  const rows = text.matchAll(/^\| ((?:`\w+`(?:, )?)+) \| `(\w+)` \|$/gm);
  const pairs = [...rows].flatMap(([, from, to]) =>
    [...from.matchAll(/\w+/g)].map(([name]) => [name, to]),
  );
  expect(Object.fromEntries(pairs)).toEqual(gorseTypes);
});
