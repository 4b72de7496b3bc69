import { expect, it } from "vitest";
import { MemorySections } from "./index.ts";

it("a snapshot in memory gives back whole what came in parts, and in parts of any size", () => {
  const sections = new MemorySections();
  const reused = new Uint8Array(3);
  function* parts(): Generator<Uint8Array> {
    for (const from of [0, 3, 6]) {
      for (let i = 0; i < 3; i++) reused[i] = from + i; // one buffer for all, as tables have
      yield from === 6 ? reused.subarray(0, 1) : reused;
    }
  }
  sections.writeParts("rows", parts());
  sections.write("bias", Uint8Array.of(9));
  expect(sections.sizeBytes).toBe(8);
  expect([...sections.read("rows")]).toEqual([0, 1, 2, 3, 4, 5, 6]);
  const read = Array.from(sections.readParts("rows", 4), (part) => [...part]);
  expect(read).toEqual([
    [0, 1, 2, 3],
    [4, 5, 6],
  ]);
  expect(() => sections.read("columns")).toThrow(
    expect.objectContaining({ code: "DATA_CORRUPT" }) as Error,
  );
});
