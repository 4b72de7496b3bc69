import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectAccessible, hasBrowser, itIsWhole, PageRig, takePicture } from "./pageRig.ts";

describe.skipIf(!hasBrowser)("Data", () => {
  let rig: PageRig;
  let accounts: string[];

  beforeAll(async () => {
    rig = await PageRig.start({ people: { enabled: true } });
    accounts = rig.served.engine.activeAccounts({ limit: 20 }).map(({ account }) => account);
  });

  afterAll(async () => {
    await rig.close();
  });

  const panel = (page: Page, name: string) => page.getByRole("region", { name });
  const rows = (page: Page) => page.getByRole("list", { name: "Events of the log" });
  /** What the rows show: type, account or session, item. */
  const shownRows = (page: Page) =>
    rows(page)
      .locator("summary")
      .evaluateAll((all) =>
        all.map((each) => [...each.children].slice(1).map((part) => part.textContent)),
      );
  const expectedRows = async (request: object) => {
    const { events } = await rig.served.engine.events.page({ limit: 25, ...request });
    return events.map(({ event: { type, account, session, item } }) => [
      type,
      account ?? session ?? "",
      item ?? "",
    ]);
  };

  it("shows the newest events, narrowed down, and all of one; its URL brings it back", async () => {
    const { page, wrongs } = await rig.open("#/data");
    await expect.poll(() => shownRows(page)).toEqual(await expectedRows({}));
    const events = panel(page, "Events");
    await events.getByLabel("Type", { exact: true }).selectOption("play");
    await expect.poll(() => shownRows(page)).toEqual(await expectedRows({ types: ["play"] }));
    const search = events.getByLabel("Account or session", { exact: true });
    await search.fill(accounts[0]);
    await search.press("Enter");
    const request = { types: ["play"], account: accounts[0] };
    const expected = await expectedRows(request);
    expect(expected.length).toBeGreaterThan(0);
    await expect.poll(() => shownRows(page)).toEqual(expected);
    await expect.poll(() => page.url()).toContain(`#/data?type=play&account=${accounts[0]}`);
    await rows(page).locator("summary").first().focus();
    await page.keyboard.press("Enter");
    const whole = rows(page).locator("pre").first();
    const [newest] = (await rig.served.engine.events.page({ limit: 1, ...request })).events;
    expect(JSON.parse((await whole.textContent()) ?? "")).toEqual(newest.event);
    const item = newest.event.item ?? "";
    await rows(page)
      .getByRole("button", { name: `item ${item}` })
      .click();
    await expect.poll(() => shownRows(page)).toEqual(await expectedRows({ ...request, item }));
    const again = await page.context().newPage();
    await again.goto(page.url());
    await expect.poll(() => shownRows(again)).toEqual(await shownRows(page));
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it("pages backwards and forwards, and says where the log begins", async () => {
    const { page, wrongs } = await rig.open("#/data");
    const first = await rig.served.engine.events.page({ limit: 25 });
    await expect.poll(async () => (await shownRows(page)).length).toBe(25);
    await page.getByRole("button", { name: "Older" }).click();
    const older = await expectedRows({ before: first.next });
    await expect.poll(() => shownRows(page)).toEqual(older);
    expect(page.url()).toContain(`before=${first.next}`);
    await page.goBack();
    await expect.poll(() => shownRows(page)).toEqual(await expectedRows({}));
    await page.goto(`${rig.served.url}/#/data?before=7`);
    await page.getByText("back to the log's beginning").waitFor();
    expect(await shownRows(page)).toHaveLength(7);
    expect(await page.getByRole("button", { name: "Older" }).isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Newest" }).click();
    await expect.poll(() => shownRows(page)).toEqual(await expectedRows({}));
    await panel(page, "Events").getByLabel("Item").fill("no-such-item");
    await panel(page, "Events").getByLabel("Item").press("Enter");
    await page.getByText("Nothing in the log matches.").waitFor();
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it("follows what comes, and keeps what is open open", async () => {
    const { page, wrongs } = await rig.open("#/data?type=share");
    await panel(page, "Events").getByLabel("Follow").check();
    const send = (item: string) =>
      rig.served.engine.ingest([{ type: "share", time: Date.now(), account: "follower", item }]);
    await send("followed-1");
    const items = async () => (await shownRows(page)).map(([, , item]) => item);
    await expect.poll(async () => (await items())[0]).toBe("followed-1");
    await rows(page).locator("summary").first().click();
    await send("followed-2");
    await expect
      .poll(async () => (await items()).slice(0, 2))
      .toEqual(["followed-2", "followed-1"]);
    const whole = rows(page).locator("pre");
    expect(await whole.count()).toBe(1);
    expect(await whole.textContent()).toContain("followed-1");
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it("shows what was refused, with the reason", async () => {
    const { page, wrongs } = await rig.open("#/data");
    const refused = panel(page, "Refused events");
    await refused.waitFor();
    const result = await rig.served.engine.ingest([
      { type: "like", time: Date.now(), account: "somebody", source: "shop" },
    ]);
    const latest = refused.getByRole("listitem").first();
    await expect.poll(() => refused.textContent()).toContain(result.refused[0].allowed);
    const text = await latest.textContent();
    for (const words of ["item is nothing", "like", "place 0 of its batch", "shop"]) {
      expect(text).toContain(words);
    }
    const { count } = rig.served.engine.refused.report();
    expect(await refused.textContent()).toContain(`${count} since`);
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  /** As a person drops a file on the page. */
  async function drop(page: Page, name: string, text: string): Promise<void> {
    // As text: the tests' compiler knows nothing of a page.
    const dropped = await page.evaluateHandle(`(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)}));
      return transfer;
    })()`);
    await page.locator(".drop").dispatchEvent("drop", { dataTransfer: dropped });
  }

  it("takes a file that is dropped, and says which lines it refused", async () => {
    const { page, wrongs } = await rig.open("#/data");
    const before = rig.served.engine.status().ingested;
    const line = (n: number) =>
      JSON.stringify({
        type: "play",
        time: Date.now() - n,
        account: "dropped",
        item: `i-${n}`,
        id: `d-${n}`,
      });
    const lines = [
      ...Array.from({ length: 1200 }, (_, n) => line(n)),
      "",
      '{"type":"play"',
      line(7),
      '{"type":"like","time":"yesterday","account":"dropped","item":"i"}',
    ];
    await drop(page, "plays.ndjson", `${lines.join("\n")}\n`);
    const importing = panel(page, "Import");
    await importing
      .getByText("plays.ndjson was sent as NDJSON · 1,200 taken, 1 duplicate, 2 refused")
      .waitFor();
    const cells = importing.getByRole("row").locator("td:first-child");
    expect(await cells.allTextContents()).toEqual(["1,202", "1,204"]);
    const { ingested } = rig.served.engine.status();
    expect(ingested.accepted - before.accepted).toBe(1200);
    await page.goto(`${rig.served.url}/#/data?account=dropped`);
    await expect
      .poll(async () => (await shownRows(page))[0])
      .toEqual(["play", "dropped", "i-1199"]);
    expect(wrongs.filter((wrong) => !wrong.includes("400"))).toEqual([]);
    await page.context().close();
  });

  it("takes CSV that is chosen, with cells over several lines, and refuses what is no file of events", async () => {
    const { page } = await rig.open("#/data");
    const csv = [
      "type,time,account,item,context.note",
      'save,2026-01-31T12:00:00Z,chosen,i-1,"two',
      'lines, ""quoted"""',
      "save,soon,chosen,i-2,",
    ].join("\r\n");
    const importing = panel(page, "Import");
    const field = importing.getByLabel("Drop a file of events here, or choose one");
    await field.setInputFiles({ name: "saves.csv", mimeType: "", buffer: Buffer.from(csv) });
    await importing
      .getByText("saves.csv was sent as CSV · 1 taken, 0 duplicates, 1 refused")
      .waitFor();
    expect(await importing.getByRole("row").nth(1).textContent()).toMatch(/^4time"soon"/);
    const { events } = await rig.served.engine.events.page({ account: "chosen", limit: 5 });
    expect(events.map(({ event }) => event.context)).toEqual([{ note: 'two\r\nlines, "quoted"' }]);
    await field.setInputFiles({ name: "a.parquet", mimeType: "", buffer: Buffer.from("PAR1…") });
    await expect
      .poll(() => importing.getByRole("alert").textContent())
      .toContain("foldback ingest");
    await page.context().close();
  });

  it("can be stopped while it sends, and says how far it came", async () => {
    const { page } = await rig.open("#/data");
    let sent = 0;
    await page.route("**/v1/events", async (route) => {
      if (route.request().method() === "POST" && ++sent > 2) return; // the third is never answered
      await route.continue();
    });
    const line = (n: number) =>
      JSON.stringify({ type: "play", time: Date.now(), account: "stopped", item: `i-${n}` });
    await drop(page, "long.ndjson", Array.from({ length: 5000 }, (_, n) => line(n)).join("\n"));
    const importing = panel(page, "Import");
    await importing.getByText("2,000 taken").waitFor();
    await importing.getByRole("button", { name: "Cancel" }).click();
    await importing.getByText("long.ndjson was stopped").waitFor();
    expect(await importing.textContent()).toContain("All before line 2,001 is on disk");
    await page.context().close();
  });

  async function savedBy(page: Page, press: () => Promise<void>): Promise<string> {
    const [download] = await Promise.all([page.waitForEvent("download"), press()]);
    return readFileSync(await download.path(), "utf8");
  }

  it("saves what is in the log, from memory and as it comes", async () => {
    const { page, wrongs } = await rig.open("#/data?type=like");
    await page.evaluate("delete window.showSaveFilePicker");
    const exporting = panel(page, "Export");
    const save = exporting.getByRole("button", { name: "Save events" });
    const text = await savedBy(page, () => save.click());
    const parts: string[] = [];
    for await (const part of rig.served.engine.events.lines({ types: ["like"] })) parts.push(part);
    expect(text.split("\n").length).toBeGreaterThan(100);
    expect(text).toBe(parts.join(""));
    await page.evaluate(`
      window.saved = [];
      window.showSaveFilePicker = async () => ({
        createWritable: async () =>
          new WritableStream({ write: (chunk) => void saved.push(chunk) }),
      });
    `);
    await save.click();
    await exporting.getByText(/saved$/).waitFor();
    const streamed = await page.evaluate("new Blob(saved).text()");
    expect(streamed).toBe(text);
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it("answers an access request with all that is kept", async () => {
    const [, account] = accounts;
    const { page, wrongs } = await rig.open(`#/data?account=${account}`);
    const exporting = panel(page, "Export");
    const button = exporting.getByRole("button", { name: "Answer an access request" });
    const answer = JSON.parse(await savedBy(page, () => button.click())) as {
      readonly events: readonly unknown[];
      readonly people: object;
    };
    const parts: string[] = [];
    for await (const part of rig.served.engine.events.lines({ account })) parts.push(part);
    const events = parts.join("").split("\n").slice(0, -1);
    expect(answer.events).toEqual(events.map((line): unknown => JSON.parse(line)));
    expect(answer).toMatchObject({
      account,
      people: { account, state: expect.any(String) as string },
      history: { items: rig.served.engine.history(account, 500).items },
    });
    expect(wrongs.filter((wrong) => !wrong.includes("404"))).toEqual([]);
    await page.context().close();
  });

  it("erases an account once its name was typed again, and not for another name", async () => {
    const account = accounts[2];
    const { page, wrongs } = await rig.open(`#/data?account=${account}`);
    await expect.poll(async () => (await shownRows(page)).length).toBeGreaterThan(0);
    const erasing = panel(page, "Erase an account");
    await erasing.getByRole("button", { name: "Erase…" }).click();
    const dialog = page.getByRole("dialog", { name: `Erase ${account}?` });
    await dialog.waitFor();
    await expectAccessible(page);
    await takePicture(page, "data-erase-1440-light");
    const again = dialog.getByLabel("Type its name again");
    await again.fill(`${account}0`);
    await again.press("Enter");
    await dialog.getByText(`${account}0 is another name: nothing is erased.`).waitFor();
    await dialog.getByRole("button", { name: "Keep it" }).click();
    await dialog.waitFor({ state: "hidden" });
    const kept = await rig.served.engine.events.page({ account, limit: 1 });
    expect(kept.events).toHaveLength(1);
    await erasing.getByRole("button", { name: "Erase…" }).click();
    await again.fill(account);
    await dialog.getByRole("button", { name: "Erase for good" }).click();
    await erasing
      .getByText(new RegExp(`^${account} is forgotten: [\\d,]+ events went, in `))
      .waitFor();
    await expect.poll(() => shownRows(page)).toEqual([]);
    await page.getByText("Nothing in the log matches.").waitFor();
    const gone = await rig.served.engine.events.page({ account, limit: 1 });
    expect(gone.events).toEqual([]);
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it("says what an event of a type needs, with one that is taken", async () => {
    const { page, wrongs } = await rig.open("#/data");
    const schema = panel(page, "What events look like");
    await schema.getByLabel("Type of event").selectOption("visit");
    const text = await schema.getByRole("group", { name: "Example of visit" }).textContent();
    const { accepted, refused } = await rig.served.engine.ingest([JSON.parse(text ?? "")]);
    expect({ accepted, refused }).toEqual({ accepted: 1, refused: [] });
    const channel = schema.getByRole("row", { name: /^ad\.channel/ });
    expect(await channel.textContent()).toContain("needed");
    await expect.poll(() => page.url()).toContain("schema=visit");
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  itIsWhole("data", {
    rig: () => rig,
    place: () => `#/data?account=${accounts[4]}`,
    ready: async (page) => {
      await drop(
        page,
        "plays.ndjson",
        `{"type":"play","time":1,"account":"a","item":"b"}\n{"type":"like","time":1,"account":"a"}\n`,
      );
      await panel(page, "Import").getByText("1 refused").waitFor();
      await rows(page).locator("summary").nth(2).click();
      await expect
        .poll(() => panel(page, "Refused events").getByRole("listitem").count())
        .toBeGreaterThan(0);
    },
  });
});
