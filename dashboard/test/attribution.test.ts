import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  expectAccessible,
  expectNoOverflow,
  hasBrowser,
  PageRig,
  sizes,
  takePicture,
} from "./pageRig.ts";

const currency = new Intl.NumberFormat("en-GB", { style: "currency", currency: "USD" });

describe.skipIf(!hasBrowser)("Attribution", () => {
  let rig: PageRig;

  beforeAll(async () => {
    rig = await PageRig.start({ attribution: { enabled: true } });
  });

  afterAll(async () => {
    await rig.close();
  });

  const cell = (page: Page, click: string, view: string) =>
    page.getByRole("button", { name: new RegExp(`^click ${click}, view ${view}:`) });

  it("says what the engine says, in each cell of the grid", async () => {
    const { page, wrongs } = await rig.open("#/attribution");
    const { cells } = await rig.served.engine.attribution.compare();
    const names: Readonly<Record<string, string>> = { off: "off", "1d": "1 day", "7d": "7 days" };
    await cell(page, "7 days", "1 day").waitFor();
    let compared = 0;
    for (const { click, engaged, view, event, conversions } of cells) {
      if (event !== "*" || engaged !== "1d") continue;
      const name = names[click] ?? `${click.slice(0, -1)} days`;
      const shown = cell(page, name, names[view] ?? view).locator(".heat-value");
      expect(await shown.textContent()).toBe(conversions.toLocaleString("en-GB"));
      compared++;
    }
    expect(compared).toBe(12);
    const current = cells.find(
      ({ click, engaged, view, event }) =>
        event === "*" && [click, engaged, view].join("/") === "7d/1d/1d",
    );
    expect(current?.conversions).toBeGreaterThan(10);
    const stat = (label: string) =>
      page
        .locator(".stat", { has: page.getByText(label, { exact: true }) })
        .locator(".value")
        .textContent();
    expect(await stat("Conversions")).toBe(current?.conversions.toLocaleString("en-GB"));
    expect(await stat("Cost a conversion (CPA)")).toBe(currency.format(current?.cpa ?? Number.NaN));
    expect(await stat("Unattributed")).toBe(current?.unattributed.toLocaleString("en-GB"));
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it("makes a cell the current setting by keyboard, and its URL brings it back", async () => {
    const { page, wrongs } = await rig.open("#/attribution");
    const wanted = cell(page, "28 days", "off");
    await wanted.focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => page.url()).toContain("current=28d%2F1d%2Foff");
    await expect.poll(() => wanted.getAttribute("aria-pressed")).toBe("true");
    await page.getByLabel("Show").selectOption("roas");
    const { cells } = await rig.served.engine.attribution.compare({ current: "28d/1d/off" });
    const [{ changeVsCurrent }] = cells.filter(
      ({ click, engaged, view, event }) =>
        event === "*" && [click, engaged, view].join("/") === "1d/1d/off",
    );
    const note = cell(page, "1 day", "off").locator(".heat-note");
    const percent = Math.abs(changeVsCurrent ?? Number.NaN).toLocaleString("en-GB", {
      style: "percent",
      maximumFractionDigits: 1,
    });
    await expect.poll(() => note.textContent()).toBe(`−${percent}`);
    const again = await page.context().newPage();
    await again.goto(page.url());
    await expect
      .poll(() => cell(again, "28 days", "off").getAttribute("aria-pressed"))
      .toBe("true");
    expect(await again.getByLabel("Show").inputValue()).toBe("roas");
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it("tells rows of one campaign alone, and of one event", async () => {
    const { page, wrongs } = await rig.open("#/attribution");
    const field = page.getByLabel("Campaign", { exact: true });
    await expect.poll(() => field.locator("option").count()).toBeGreaterThan(2);
    const campaign = (await field.locator("option").nth(1).textContent()) ?? "";
    await field.selectOption(campaign);
    await page.getByLabel("Event", { exact: true }).selectOption("purchase");
    const { cells } = await rig.served.engine.attribution.compare({
      only: `campaign=${campaign}`,
    });
    const [expected] = cells.filter(
      ({ click, engaged, view, event }) =>
        event === "purchase" && [click, engaged, view].join("/") === "28d/1d/7d",
    );
    await expect
      .poll(() => cell(page, "28 days", "7 days").locator(".heat-value").textContent())
      .toBe(expected.conversions.toLocaleString("en-GB"));
    expect(page.url()).toContain(`campaign=${campaign}`);
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it("shows models, times and paths as the engine has them", async () => {
    const { page, wrongs } = await rig.open("#/attribution");
    const { attribution } = rig.served.engine;
    const { models, totals } = await attribution.credit();
    const table = page.getByRole("group", { name: "Conversions credited to each, by model" });
    await table.waitFor();
    const heads = await table.locator("thead th").allTextContents();
    expect(heads.slice(1)).toHaveLength(Object.keys(models).length);
    const rows = await table.locator("tbody tr").count();
    const channels = Object.values(models).flatMap((of) => of?.map(({ channel }) => channel) ?? []);
    expect(rows).toBe(new Set(channels).size + 1);
    const markov = heads.indexOf("Markov");
    for (const { channel, conversions } of models.markov ?? []) {
      const row = table.getByRole("row", { name: new RegExp(`^${channel} `) });
      const text = await row
        .locator("td")
        .nth(markov - 1)
        .textContent();
      expect(text).toMatch(new RegExp(`^${conversions.toFixed(1).replace(/\.0$/, "(\\.0)?")}`));
    }
    expect(totals.conversions).toBeGreaterThan(10);
    const paths = await attribution.paths();
    const first = paths.topPaths.find(({ path }) => path.length > 0);
    const list = page.getByRole("list", { name: "Paths, most conversions first" });
    expect(await list.locator("li").first().locator(".name").textContent()).toBe(
      first?.path.join(" → "),
    );
    await page.getByRole("img", { name: /^Top paths as streams/ }).waitFor();
    const { rows: times } = await attribution.timeToConversion();
    const median = (times[0].fromLastTouch?.median ?? Number.NaN) / 3_600_000;
    const words = median < 24 ? `${median.toFixed(1)} hours` : `${(median / 24).toFixed(1)} days`;
    const region = page.getByRole("region", { name: "Time to conversion" });
    expect(await region.textContent()).toContain(`Half of the conversions come within ${words}`);
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it("saves the grid as CSV, and as a picture", async () => {
    const { page, wrongs } = await rig.open("#/attribution");
    await cell(page, "7 days", "1 day").waitFor();
    const save = async (name: string) => {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name }).click(),
      ]);
      return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
    };
    const csv = await save("Save performance-comparison as CSV");
    expect(csv.name).toBe("performance-comparison.csv");
    const [head, ...lines] = csv.bytes.toString().trimEnd().split("\r\n");
    expect(head).toMatch(/^click,engaged,view,event,conversions,byClick,/);
    const { cells } = await rig.served.engine.attribution.compare();
    const all = cells.filter(({ event }) => event === "*");
    expect(lines).toHaveLength(all.length);
    for (const [at, line] of lines.entries()) {
      const { click, engaged, view, conversions, byClick, byEngagedView, byView, value } = all[at];
      const texts = [
        click,
        engaged,
        view,
        "all",
        conversions,
        byClick,
        byEngagedView,
        byView,
        value,
      ];
      expect(line.startsWith(`${texts.join(",")},`)).toBe(true);
    }
    const png = await save("Save performance-comparison as PNG");
    expect(png.name).toBe("performance-comparison.png");
    expect(png.bytes.subarray(1, 4).toString()).toBe("PNG");
    expect(png.bytes.readUInt32BE(16)).toBeGreaterThan(800); // pixels wide, twice those of the page
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  for (const size of Object.keys(sizes) as (keyof typeof sizes)[]) {
    for (const scheme of ["light", "dark"] as const) {
      it(`is whole and accessible at ${sizes[size].width} px, ${scheme}`, async () => {
        const { page, wrongs } = await rig.open("#/attribution", { size, scheme });
        await page.getByRole("img", { name: /^Top paths as streams/ }).waitFor();
        await expectNoOverflow(page);
        await expectAccessible(page);
        await takePicture(page, `attribution-${sizes[size].width}-${scheme}`);
        expect(wrongs).toEqual([]);
        await page.context().close();
      });
    }
  }
});

describe.skipIf(!hasBrowser)("Attribution, off", () => {
  it("says what it is, and how to switch it on", async () => {
    const rig = await PageRig.start();
    try {
      const { page } = await rig.open("#/attribution");
      await page.getByText("Attribution is off.").waitFor();
      await expectAccessible(page);
    } finally {
      await rig.close();
    }
  });
});
