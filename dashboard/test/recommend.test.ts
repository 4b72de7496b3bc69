import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser, itIsWhole, PageRig } from "./pageRig.ts";

describe.skipIf(!hasBrowser)("Recommend", () => {
  let rig: PageRig;
  let account: string;

  beforeAll(async () => {
    rig = await PageRig.start();
    // Somebody with a past.
    const active = rig.served.engine.activeAccounts({ limit: 40 });
    account = active.toSorted((a, b) => b.items - a.items)[0].account;
  });

  afterAll(async () => {
    await rig.close();
  });

  it("says what an account had, what it gets, and why", async () => {
    const { page, wrongs } = await rig.open("#/recommend");
    const search = page.getByLabel("Account or session");
    await search.fill(account);
    await search.press("Enter");
    const list = page.getByRole("list", { name: "What to show next" });
    const names = list.locator(".name").first();
    const expected = rig.served.engine.recommend({ account, count: 10, explain: true });
    await expect.poll(() => names.textContent()).toBe(expected[0].title ?? expected[0].item);
    const { count, items } = rig.served.engine.history(account, 1);
    const history = page.getByRole("region", { name: "History" });
    await expect.poll(() => history.textContent()).toContain(`${count} items`);
    expect(await history.locator(".name").first().textContent()).toBe(
      items[0].title ?? items[0].item,
    );
    await list.locator("summary").first().click();
    const parts = list.getByRole("list", { name: "Parts of the score" }).first();
    await parts.waitFor();
    expect(await parts.getByRole("listitem").count()).toBeGreaterThan(2);
    await list
      .getByRole("button", { name: /^Similar to/ })
      .first()
      .click();
    await page.getByRole("region", { name: /^Similar to/ }).waitFor();
    const similar = rig.served.engine.similar(expected[0].item, { count: 10 });
    const shown = page.getByRole("list", { name: /^Similar to/ }).locator(".name");
    await expect
      .poll(() => shown.allTextContents())
      .toEqual(similar.map(({ title, item }) => title ?? item));
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it("answers what if, by keyboard, and its URL brings it back", async () => {
    const { page, wrongs } = await rig.open(`#/recommend?account=${account}`);
    const list = page.getByRole("list", { name: "What to show next" });
    const names = (of = list) => of.locator("summary .name").allTextContents();
    await expect.poll(async () => (await names()).length).toBe(10);
    const before = await names();
    await page.getByLabel("Diversity").focus();
    await page.keyboard.press("End");
    await expect.poll(() => page.url()).toContain("a.diversity=1");
    await expect.poll(() => names()).not.toEqual(before);
    const diverse = rig.served.engine.recommend({ account, count: 10, rules: { diversity: 1 } });
    await expect.poll(() => names()).toEqual(diverse.map(({ title, item }) => title ?? item));
    const again = await page.context().newPage();
    await again.goto(page.url());
    const restored = again.getByRole("list", { name: "What to show next" });
    await expect.poll(() => names(restored)).toEqual(await names());
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it("puts two settings side by side, and says what differs", async () => {
    const { page, wrongs } = await rig.open(`#/recommend?account=${account}`);
    await page.getByLabel("Compare two settings").check();
    const second = page.getByRole("region", { name: "List B" });
    const slider = second.getByLabel("Artist cap");
    await slider.focus();
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => page.url()).toContain("b.artistMax=1");
    const one = rig.served.engine.recommend({ account, count: 10, rules: { artistMax: 1 } });
    await expect
      .poll(() => second.locator("summary .name").allTextContents())
      .toEqual(one.map(({ title, item }) => title ?? item));
    await expect.poll(() => second.textContent()).toMatch(/not in A|place \d+ in A|as in A/);
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it("says what is wrong with a rule, and that an account is new", async () => {
    const { page } = await rig.open("#/recommend?account=nobody-yet");
    await page.getByText("It did nothing yet.").waitFor();
    const filter = page.getByLabel("Only items where");
    await filter.fill("released >=");
    await filter.press("Enter");
    const alert = page.getByRole("alert");
    await alert.waitFor();
    expect(await alert.textContent()).toContain("filter");
    await filter.fill('artist == "nobody"');
    await filter.press("Enter");
    await page.getByText("No item is left under these settings.").waitFor();
    await page.context().close();
  });

  itIsWhole("recommend", {
    rig: () => rig,
    place: () => `#/recommend?account=${account}&compare=1&b.diversity=0.6`,
    ready: async (page) => {
      const list = page.getByRole("list", { name: "List A" });
      await list.locator("summary").first().click();
      await list
        .getByRole("button", { name: /^Similar to/ })
        .first()
        .click();
      await page.getByRole("list", { name: /^Similar to/ }).waitFor();
    },
  });
});
