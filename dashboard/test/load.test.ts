import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser, PageRig } from "./pageRig.ts";

const assets = new URL("../../dist/dashboard/assets/", import.meta.url);

it("is 60 kB of script at most, compressed", () => {
  const scripts = readdirSync(assets).filter((file) => file.endsWith(".js"));
  const sizes = scripts.map((file) => gzipSync(readFileSync(new URL(file, assets))).length);
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
