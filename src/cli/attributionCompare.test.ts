import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, test, vi } from "vitest";
import { linesOf } from "../testing/attributionFiles.ts";
import { directoryOf } from "../testing/eventFiles.ts";
import { addAttribution } from "./attribution.ts";

const time = Date.parse("2026-06-01T00:00:00Z");

const events = [
  { type: "ad_click", id: "c1", time, account: "a", ad: { channel: "x,y", cost: 2 } },
  { type: "purchase", id: "p1", time: time + 1000, account: "a", value: 10, currency: "EUR" },
  { type: "trial", time: time + 2000, account: "b" },
  { type: "nonsense", time, account: "a" },
];

/** What the command prints. */
async function compare(...flags: readonly string[]): Promise<string> {
  const path = join(directoryOf({ "events.ndjson": linesOf(events) }), "events.ndjson");
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  addAttribution(program);
  for (const command of program.commands[0].commands) {
    command.exitOverride().configureOutput({ writeErr: () => {} });
  }
  const texts: string[] = [];
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    texts.push(String(text));
    return true;
  });
  try {
    const windows = ["--click", "7d", "--engaged", "off", "--view", "off"];
    await program.parseAsync(["attribution", "compare", path, ...windows, ...flags], {
      from: "user",
    });
  } finally {
    write.mockRestore();
  }
  return texts.join("");
}

describe("foldback attribution compare", () => {
  test("prints a table, what was refused, and how many conversions there are", async () => {
    const text = await compare();
    expect(text).toMatch(/^Current: click 7d, engaged view 1d, view 1d, in EUR\n/);
    expect(text).toMatch(/\npurchase\n.*\n7d +off +off +1 +1 +0 +0 +10\.00 +2\.00 +5\.00 /);
    expect(text).toMatch(/2 rows refused:\n.*events\.ndjson:3: type is "trial"/);
    expect(text).toMatch(/\n1 conversions, in /);
  });

  test("prints CSV, with names that need quotes", async () => {
    const lines = (await compare("--csv", "--by", "channel")).split("\n");
    expect(lines[0]).toMatch(/^click,engaged,view,event,channel,conversions,byClick,/);
    expect(lines[1]).toBe('7d,off,off,purchase,"x,y",1,1,0,0,10,2,2,5,0,0,0,0,0,1');
    expect(lines[2]).toBe("7d,off,off,purchase,,0,0,0,0,0,0,,,,0,0,0,0,");
  });

  test("tells rows of one channel, or of some days, alone", async () => {
    const lines = async (...flags: readonly string[]) => {
      const text = await compare("--csv", "--by", "day", "--events", "purchase", ...flags);
      return text
        .trimEnd()
        .split("\n")
        .slice(1)
        .map((line) => line.split(",").slice(3, 6));
    };
    const told = [
      ["purchase", "2026-06-01", "1"],
      ["*", "2026-06-01", "1"],
    ];
    expect(await lines("--only", "channel=x,y", "--from", "2026-06-01")).toEqual(told);
    const none = told.map(([event, day]) => [event, day, "0"]);
    expect(await lines("--only", "channel=other")).toEqual(none);
    expect(await lines("--to", "2026-05-31")).toEqual([]);
  });

  test("prints each conversion of the events that were asked for, which may be of any type", async () => {
    const lines = (await compare("--each", "--events", "trial,purchase")).trimEnd().split("\n");
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      {
        conversion: "p1",
        event: "purchase",
        click: "7d",
        engaged: "off",
        view: "off",
        tier: "click",
        touch: "c1",
      },
      {
        conversion: "line:3",
        event: "trial",
        click: "7d",
        engaged: "off",
        view: "off",
        tier: null,
        touch: null,
      },
    ]);
  });

  test.each<[string, readonly string[]]>([
    ["REQUEST_INVALID", ["--current", "7d"]],
    ["REQUEST_INVALID", ["--current", "7d/1d/1w"]],
    ["REQUEST_INVALID", ["--data", "somewhere"]],
    ["REQUEST_INVALID", ["--key", "person"]],
    ["REQUEST_INVALID", ["--persons", "sessions.csv"]],
    ["REQUEST_INVALID", ["--events", "ad_click"]],
    ["REQUEST_INVALID", ["--json", "--csv"]],
    ["REQUEST_INVALID", ["--currency", "USD"]],
    ["REQUEST_INVALID", ["--only", "colour=red"]],
    ["REQUEST_INVALID", ["--from", "yesterday"]],
    ["REQUEST_INVALID", ["--each", "--to", "2026-06-01"]],
    ["FILE_UNREADABLE", ["--costs", "nowhere.csv"]],
    ["commander.invalidArgument", ["--by", "colour"]],
    ["commander.invalidArgument", ["--click", "1d,,2d"]],
    ["commander.invalidArgument", ["--rates", "EUR=0"]],
    ["commander.invalidArgument", ["--currency", "euro"]],
    ["commander.invalidArgument", ["--count", "twice"]],
  ])("is refused with %s: %j", async (code, flags) => {
    await expect(compare(...flags)).rejects.toMatchObject({ code });
  });
});
