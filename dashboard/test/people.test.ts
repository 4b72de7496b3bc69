import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { peopleCatalogue, peopleSessions, recently } from "../../src/testing/peopleStream.ts";
import { expectAccessible, hasBrowser, itIsWhole, PageRig } from "./pageRig.ts";

const household = "household";

describe.skipIf(!hasBrowser)("People", () => {
  let rig: PageRig;

  beforeAll(async () => {
    rig = await PageRig.start({ people: { enabled: true, sessionsMin: 6, suppressBelow: 3 } });
    const { engine } = rig.served;
    const from = recently();
    await engine.ingest(peopleCatalogue(3));
    await engine.ingest(
      peopleSessions({ seed: 1, account: household, people: 3, sessions: 90, from }),
    );
    await engine.settled();
  });

  afterAll(async () => {
    await rig.close();
  });

  const openAccount = async (of = rig, account = household) => {
    const opened = await of.open(`#/people?account=${account}`);
    await opened.page.getByRole("img", { name: /^Sessions from/ }).waitFor();
    return opened;
  };
  const region = (page: Page, name: string) => page.getByRole("region", { name, exact: true });

  it("says how many accounts have how many people, as the engine does, and tells no small numbers", async () => {
    const { page, wrongs } = await rig.open("#/people");
    const summary = await rig.served.engine.people.summary({ weeks: 13 });
    const table = page.getByRole("group", { name: "Accounts by how many people are behind them" });
    await expect
      .poll(() => table.locator("tbody tr").count())
      .toBe(Object.keys(summary.people).length);
    const cells = Object.entries(summary.people);
    expect(cells.length).toBeGreaterThan(1);
    expect(cells.some(([, accounts]) => accounts === null)).toBe(true);
    for (const [at, [people, accounts]] of cells.entries()) {
      const row = table.locator("tbody tr").nth(at);
      expect(await row.locator("th").textContent()).toBe(people);
      const text = await row.locator("td").first().textContent();
      if (accounts === null) expect(text).toBe("not told");
      else expect(text).toMatch(new RegExp(`^${accounts}, \\d`));
      const { mean, deviation } = summary.expected[people] ?? { mean: 0, deviation: 0 };
      if (accounts === null) continue;
      const [low, high] = [mean - 2 * deviation, mean + 2 * deviation];
      expect(await row.locator("td").nth(1).textContent()).toBe(
        `${Math.max(0, low).toFixed(0)} to ${high.toFixed(0)}`,
      );
    }
    const weeks = region(page, "How it changes").getByRole("img");
    const last = summary.weeks?.at(-1)?.people ?? {};
    for (const [size, accounts] of Object.entries(last)) {
      expect(await weeks.getAttribute("aria-label")).toContain(
        `${accounts ?? "not told"} with ${size}`,
      );
    }
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it("says who is behind an account, and which session is whose", async () => {
    const { page, wrongs } = await rig.open("#/people");
    const search = page.getByLabel("Account or session");
    await search.fill(household);
    await search.press("Enter");
    await page.getByRole("img", { name: /^Sessions from/ }).waitFor();
    const report = await rig.served.engine.people.of(household, { withSessions: true });
    expect(report.people).toBe(3); // the truth
    const one = region(page, "One account");
    expect(await one.locator(".verdict strong").textContent()).toBe("3");
    expect(await one.textContent()).toContain(report.evidence);
    const odds = one.getByRole("list", { name: "Probability of each number" });
    expect(await odds.getByRole("listitem").count()).toBe(Math.max(report.high ?? 0, 3));
    // The token of each session says who it was: of a lane all are one person's.
    const lanes = page.locator(".timeline g[data-lane]");
    expect(await lanes.count()).toBe(3);
    const sizes = await Promise.all([0, 1, 2].map((at) => lanes.nth(at).locator("rect").count()));
    const truth = new Map<string, number>();
    for (const { session } of report.list ?? []) {
      const person = session.slice(-1);
      truth.set(person, (truth.get(person) ?? 0) + 1);
    }
    const ascending = (a: number, b: number) => a - b;
    expect(sizes.toSorted(ascending)).toEqual([...truth.values()].toSorted(ascending));
    const persons = region(page, "Devices and places").locator("tbody tr");
    for (const [at, { person, devices }] of report.persons.entries()) {
      const text = await persons.nth(at).textContent();
      expect(text).toContain(`person ${person}`);
      expect(text).toContain(devices[0]);
    }
    await page.getByText("As a table").click();
    const table = page.getByRole("group", { name: "Sessions", exact: true });
    expect(await table.locator("tbody tr").count()).toBe(90);
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it("draws the tree of its sessions, with the cut", async () => {
    const { page, wrongs } = await openAccount();
    const { tree } = await rig.served.engine.people.of(household, { withTree: true });
    const parts = 1 + (tree?.merges.filter(({ height }) => height > tree.cut).length ?? 0);
    expect(parts).toBe(3); // three homes, three devices
    const drawn = page.getByRole("img", { name: /^Tree of/ });
    expect(await drawn.getAttribute("aria-label")).toBe(
      `Tree of ${tree?.leaves.length} groups of sessions; cut at a distance of 0.80 it falls into 3 parts`,
    );
    expect(await drawn.locator(".branch").count()).toBe(tree?.merges.length);
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it("saves the sessions with their persons as CSV", async () => {
    const { page, wrongs } = await openAccount();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save sessions as CSV" }).click(),
    ]);
    const lines = readFileSync(await download.path(), "utf8")
      .trimEnd()
      .split("\r\n")
      .slice(1);
    const { list = [] } = await rig.served.engine.people.of(household, { withSessions: true });
    expect(lines.map((line) => line.split(",").slice(1, 3))).toEqual(
      list.map(({ session, person }) => [session, String(person)]),
    );
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it("says that nothing is known of an account, and that one has too few sessions", async () => {
    await rig.served.engine.ingest([
      { type: "access", time: Date.now(), account: "newcomer", session: "s", device: "d" },
    ]);
    await rig.served.engine.settled();
    const { page } = await rig.open("#/people?account=nobody-at-all");
    await page.getByText("There are no sessions of this account.").waitFor();
    await page.goto(`${rig.served.url}/#/people?account=newcomer`);
    await page.getByText("It has 1 session: too few to be counted").waitFor();
    await page.context().close();
  });

  itIsWhole("people", {
    rig: () => rig,
    place: () => `#/people?account=${household}`,
    ready: async (page) => {
      await page.getByRole("img", { name: /^Tree of/ }).waitFor();
    },
  });
});

describe.skipIf(!hasBrowser)("People, off", () => {
  it("says what it is, and how to switch it on", async () => {
    const rig = await PageRig.start();
    try {
      const { page } = await rig.open("#/people");
      await page.getByText("Counting people is off.").waitFor();
      await expectAccessible(page);
    } finally {
      await rig.close();
    }
  });
});
