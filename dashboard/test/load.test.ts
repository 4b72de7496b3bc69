import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser, PageRig } from "./pageRig.ts";

const dashboard = new URL("../../dist/dashboard/", import.meta.url);

it("is 60 kB of script at most, compressed, before a part is opened that comes later", () => {
  const html = readFileSync(new URL("index.html", dashboard), "utf8");
  const scripts = [...html.matchAll(/(?:src|href)="([^"]+\.js)"/g)].map(([, file]) => file);
  expect(scripts.length).toBeGreaterThan(0);
  const sizes = scripts.map((file) => gzipSync(readFileSync(new URL(file, dashboard))).length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(60_000);
});

describe.skipIf(!hasBrowser)("a service that goes and comes", () => {
  let rig: PageRig;

  beforeAll(async () => {
    rig = await PageRig.start();
  });

  afterAll(async () => {
    await rig.close();
  });

  it("is told that nothing comes any more, and keeps what it has", async () => {
    const { page } = await rig.open();
    await page.getByText("Up to date, every second").waitFor();
    await rig.served.close();
    const state = page.getByRole("status").first();
    await expect.poll(() => state.textContent(), { timeout: 15_000 }).toContain("Numbers as of");
    const records = page.locator(".stat", { hasText: "Training lag" }).locator(".note");
    expect(await records.textContent()).toMatch(/of [\d,]+ records/);
    await page.context().close();
  });
});
