import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Demo, demoOptions, demoRoutes } from "#foldback/demo";
import { createServer } from "#foldback/http";
import { hasBrowser, itIsWhole, PageRig } from "./pageRig.ts";

describe.skipIf(!hasBrowser)("Demo", () => {
  let rig: PageRig;
  let demo: Demo;
  let nowMs = 0;

  /** So many hours of the simulated world. */
  async function pass(hours: number): Promise<void> {
    for (let quarter = 0; quarter < hours; quarter += 0.5) {
      nowMs += 500;
      await demo.tick();
    }
    await demo.settled();
  }

  beforeAll(async () => {
    const directory = mkdtempSync(join(tmpdir(), "foldback-page-"));
    const options = demoOptions({ now: Date.now(), accounts: 40, daysBefore: 20 });
    demo = await Demo.open(options, { directory, monotonicMs: () => nowMs });
    const server = createServer(demo.engine, { demoRoutes: demoRoutes(demo) });
    const url = await server.listen({ host: "127.0.0.1", port: 0 });
    const close = async () => {
      await server.close();
      await demo.close();
      return [];
    };
    rig = await PageRig.over({ engine: demo.engine, url, lines: [], close }, directory);
  }, 90_000);

  afterAll(async () => {
    await rig.close();
  });

  it("is home, and shows how right each of the three answers is, as the world goes on", async () => {
    const { page, wrongs } = await rig.open();
    await page.getByRole("heading", { name: "How right is it?" }).waitFor();
    const value = (label: string) =>
      page.locator(".stat", { hasText: label }).locator(".value").first().textContent();
    await expect.poll(() => value("Caused by ads")).toMatch(/^\d/);
    await pass(96);
    const { who, what, why, clock } = await demo.figures();
    const events = page.getByText(`${clock.events.toLocaleString("en-GB")} events`);
    await events.waitFor();
    const percent = (share: number | null) =>
      (share ?? 0).toLocaleString("en-GB", { style: "percent", maximumFractionDigits: 1 });
    expect(await value("Number right")).toBe(percent(who.exact));
    expect(await value("Sessions to the right person")).toBe(percent(who.sessionsRight));
    expect(await value("AUC of the engine")).toBe(what.auc?.live.toFixed(3));
    expect(await value("of the truth")).toBe(what.auc?.truth.toFixed(3));
    expect(await value("Caused by ads")).toBe(String(why.caused));
    await page.getByRole("img", { name: /^AUC by day of the simulated world/ }).waitFor();
    const rows = page.getByRole("group", { name: "Accounts by number of people" }).locator("tr");
    const cells = await rows.nth(1).locator("td.number").allTextContents();
    expect(cells).toEqual([who.distribution[0].truth, who.distribution[0].found].map(String));
    expect(wrongs).toEqual([]);
    await page.context().close();
  }, 60_000);

  it("pauses, goes on, and goes at another speed, by keyboard", async () => {
    const { page, wrongs } = await rig.open();
    const pause = page.getByRole("button", { name: "Pause" });
    await expect.poll(() => pause.isEnabled()).toBe(true); // one that is not takes no focus
    await pause.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Go on" }).waitFor();
    expect(demo.clock().isPaused).toBe(true);
    await page.keyboard.press("Enter");
    await pause.waitFor();
    expect(demo.clock().isPaused).toBe(false);
    await page.getByLabel("Speed").focus();
    await page.keyboard.press("ArrowLeft");
    await page.getByText("30 min a second").waitFor();
    expect(demo.clock().speed).toBe(1800);
    demo.change({ speed: 3600 });
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it("looks at other accounts and models, keeps them in the URL, and says of a name that it is none", async () => {
    const { page, wrongs } = await rig.open();
    const home = page.getByLabel("One household");
    await expect.poll(() => home.inputValue()).toMatch(/^h\d+$/);
    await home.fill("3");
    await home.press("Enter");
    await page.getByRole("group", { name: "Sessions of each person of h3" }).waitFor();
    await page.getByLabel("Credit by").selectOption("shapley");
    const { why } = await demo.figures();
    const table = () =>
      page.getByRole("group", { name: "Conversions by campaign: caused, and credited by Shapley" });
    const first = await table().locator("tbody tr").first().locator("td.number").allTextContents();
    expect(first).toEqual(
      [why.campaigns[0].caused, Math.round(why.campaigns[0].credit.shapley)].map(String),
    );
    await page.reload();
    await page.getByRole("group", { name: "Sessions of each person of h3" }).waitFor();
    await table().waitFor();
    await page.getByLabel("One listener’s account").fill("nobody");
    await page.getByLabel("One listener’s account").press("Enter");
    await page.getByText("Nobody has listened under that name.").waitFor();
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it("keeps its place while the numbers come and change", async () => {
    const { page } = await rig.open();
    await page.evaluate(
      "new PerformanceObserver((list) => { for (const one of list.getEntries()) window.moved = (window.moved ?? 0) + one.value; }).observe({ type: 'layout-shift', buffered: true })",
    );
    await page.getByRole("group", { name: /^Sessions of each person/ }).waitFor();
    await pass(2);
    await page.waitForTimeout(1500);
    expect(Number(await page.evaluate("window.moved ?? 0"))).toBeLessThan(0.05);
    await page.context().close();
  }, 30_000);

  itIsWhole("demo", {
    rig: () => rig,
    place: () => "",
    ready: async (page) => {
      await page.getByRole("group", { name: /^Sessions of each person/ }).waitFor();
      await page.waitForTimeout(500);
    },
  });
});
