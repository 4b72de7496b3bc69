import { afterEach, expect, test, vi } from "vitest";
import {
  formatAmount,
  formatCount,
  formatRate,
  formatSeconds,
  formatTable,
  ProgressLine,
} from "./output.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test("counts are grouped, rates have four places, a missing one is a dash", () => {
  expect([formatCount(1_234_567.4), formatCount(0)]).toEqual(["1,234,567", "0"]);
  expect([formatAmount(1234), formatAmount(4.5)]).toEqual(["1,234", "4.50"]);
  expect([formatRate(0.25), formatRate(null)]).toEqual(["0.2500", "–"]);
  expect([formatSeconds(1.234), formatSeconds(83.21)]).toEqual(["1.23 s", "83.2 s"]);
});

test("a table has its first column to the left and the others to the right", () => {
  expect(
    formatTable([
      ["", "hit"],
      ["engine", "0.2"],
      ["x", "10.25"],
    ]),
  ).toBe("          hit\nengine    0.2\nx       10.25");
});

/** What is written to standard error while `use` has a progress line, which may be a terminal. */
function written(isTerminal: boolean, use: (line: ProgressLine) => void): string {
  const texts: string[] = [];
  const { isTTY } = process.stderr;
  vi.spyOn(process.stderr, "write").mockImplementation((text) => texts.push(String(text)) > 0);
  process.stderr.isTTY = isTerminal;
  try {
    use(new ProgressLine(true));
  } finally {
    process.stderr.isTTY = isTTY;
  }
  return texts.join("");
}

test("on a terminal the progress line replaces itself, ten times a second at most, and is cleared", () => {
  let nowMs = 1000;
  vi.spyOn(performance, "now").mockImplementation(() => nowMs);
  const text = written(true, (line) => {
    line.show(() => "one");
    line.show(() => "too soon");
    nowMs += 100;
    line.show(() => "two");
    line.clear();
    line.clear();
  });
  expect(text).toBe("\r\u001b[Kone\r\u001b[Ktwo\r\u001b[K");
});

test("where there is no terminal there is no progress line, and its text is not even made", () => {
  const text = written(false, (line) => {
    line.show(() => {
      throw new Error("it is made");
    });
    line.clear();
  });
  expect(text).toBe("");
});
