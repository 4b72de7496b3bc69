import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectAccessible, hasBrowser, itIsWhole, PageRig } from "./pageRig.ts";

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

  it("says what filters leave whole, and restores them all from the URL", async () => {
    const { page, wrongs } = await rig.open("#/attribution");
    const field = page.getByLabel("Campaign", { exact: true });
    await expect.poll(() => field.locator("option").count()).toBeGreaterThan(2);
    const whole = page.getByText("Of all ads and days");
    expect(await whole.count()).toBe(0);
    const group = page.getByLabel("Ad group", { exact: true });
    await group.selectOption({ index: 1 });
    const campaign = (await field.locator("option").nth(2).textContent()) ?? "";
    await field.selectOption(campaign);
    // A group of another campaign would find nothing.
    await expect.poll(() => group.inputValue()).toBe("");
    const day = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
    await page.getByLabel("Ads from (UTC)").fill(day);
    await page.getByLabel("Count", { exact: true }).selectOption("once");
    await expect.poll(() => whole.count()).toBe(3);
    const { cells } = await rig.served.engine.attribution.compare({
      ...{ only: `campaign=${campaign}`, from: day, count: "once" },
    });
    const [expected] = cells.filter(
      ({ click, engaged, view, event }) =>
        event === "*" && [click, engaged, view].join("/") === "7d/1d/1d",
    );
    const again = await page.context().newPage();
    await again.goto(page.url());
    for (const one of [page, again]) {
      await expect
        .poll(() => cell(one, "7 days", "1 day").locator(".heat-value").textContent())
        .toBe(expected.conversions.toLocaleString("en-GB"));
    }
    expect(await again.getByLabel("Campaign", { exact: true }).inputValue()).toBe(campaign);
    expect(await again.getByLabel("Ads from (UTC)").inputValue()).toBe(day);
    expect(await again.getByLabel("Count", { exact: true }).inputValue()).toBe("once");
    const campaigns = again.getByRole("group", { name: "Campaigns", exact: true });
    for (const row of await campaigns.locator("tbody th").allTextContents()) {
      expect(row.startsWith(campaign)).toBe(true);
    }
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it("saves each panel, with the engine's numbers and a picture", async () => {
    const { page, wrongs } = await rig.open("#/attribution");
    await page.getByRole("img", { name: /^Top paths as streams/ }).waitFor();
    const { attribution } = rig.served.engine;
    const models = await attribution.credit();
    const paths = await attribution.paths();
    const times = await attribution.timeToConversion();
    const save = async (name: string) => {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name }).click(),
      ]);
      return readFileSync(await download.path());
    };
    const linesOf = async (name: string) => {
      const text = (await save(`Save ${name} as CSV`)).toString();
      return text.trimEnd().split("\r\n");
    };
    const [head, ...credits] = await linesOf("models");
    const names = head.split(",").slice(1);
    const sums = names.map((_, at) =>
      credits.reduce((sum, line) => sum + Number(line.split(",")[at + 1]), 0),
    );
    // Rows and what is unattributed are all conversions, under each model.
    expect(sums).toHaveLength(Object.keys(models.models).length);
    for (const sum of sums) expect(sum).toBeCloseTo(models.totals.conversions, 6);
    const ways = await linesOf("top-paths");
    expect(ways.slice(1)).toEqual(
      paths.topPaths.map(({ path, conversions, value, nulls }) =>
        [path.join(" > "), conversions, value, nulls].join(","),
      ),
    );
    const days = await linesOf("time-to-conversion");
    expect(days.slice(1)).toEqual(
      times.rows[0].fromLastTouch?.histogram.map(
        ({ from, conversions }) => `${from / 86_400_000},${conversions}`,
      ),
    );
    const campaigns = await linesOf("campaigns");
    expect(campaigns.length).toBeGreaterThan(2);
    mkdirSync("build/pictures", { recursive: true });
    for (const name of ["performance-comparison", "models", "top-paths", "time-to-conversion"]) {
      const png = await save(`Save ${name} as PNG`);
      expect(png.subarray(1, 4).toString()).toBe("PNG");
      expect(png.readUInt32BE(16)).toBeGreaterThan(800);
      expect(png.readUInt32BE(20)).toBeGreaterThan(300);
      writeFileSync(`build/pictures/saved-${name}.png`, png);
    }
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it("says what is wrong with a window, and asks for rates where currencies differ", async () => {
    const { page } = await rig.open("#/attribution?current=400d/1d/1d");
    const alert = page.getByRole("alert").first();
    await alert.waitFor();
    expect(await alert.textContent()).toContain("attribution.lookbackDays");
    await expectAccessible(page);
    await page.goto(`${rig.served.url}/#/attribution?currency=EUR`);
    await page.getByLabel("Rates").fill("EUR=1,USD=0.5");
    await page.getByLabel("Rates").press("Enter");
    const { cells } = await rig.served.engine.attribution.compare({
      ...{ currency: "EUR", rates: "EUR=1,USD=0.5" },
    });
    const current = cells.find(
      ({ click, engaged, view, event }) =>
        event === "*" && [click, engaged, view].join("/") === "7d/1d/1d",
    );
    const euros = new Intl.NumberFormat("en-GB", { style: "currency", currency: "EUR" });
    const value = page
      .locator(".stat", { has: page.getByText("Value", { exact: true }) })
      .locator(".value");
    await expect.poll(() => value.textContent()).toBe(euros.format(current?.value ?? Number.NaN));
    await page.context().close();
  });

  it("does not jump while answers come", async () => {
    const { page } = await rig.open("#/attribution");
    await page.addInitScript(`
      globalThis.jumps = [];
      new PerformanceObserver((list) => {
        for (const { value, sources } of list.getEntries()) {
          globalThis.jumps.push([value, ...sources.map(({ node }) => node?.className ?? "")]);
        }
      }).observe({ type: "layout-shift" });
    `);
    await page.reload();
    await page.getByRole("img", { name: /^Top paths as streams/ }).waitFor();
    const jumps = await page.evaluate<[number, ...string[]][]>("globalThis.jumps");
    const sum = jumps.reduce((all, [value]) => all + value, 0);
    // What is good, by web.dev: at most 0.1.
    expect(sum, JSON.stringify(jumps)).toBeLessThan(0.1);
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

  itIsWhole("attribution", {
    rig: () => rig,
    place: () => "#/attribution",
    ready: async (page) => {
      await page.getByRole("img", { name: /^Top paths as streams/ }).waitFor();
    },
  });
});

describe.skipIf(!hasBrowser)("Attribution, of few days", () => {
  it("asks for no window that is longer than touches are kept", async () => {
    const rig = await PageRig.start({ attribution: { enabled: true, lookbackDays: 10 } });
    try {
      const { page, wrongs } = await rig.open("#/attribution");
      await page.getByRole("button", { name: /^click 7 days, view 1 day:/ }).waitFor();
      await page.getByRole("img", { name: /^Top paths as streams/ }).waitFor();
      expect(await page.getByRole("button", { name: /^click / }).count()).toBe(2 * 3);
      expect(wrongs).toEqual([]);
    } finally {
      await rig.close();
    }
  });
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
