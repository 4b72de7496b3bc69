import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectAccessible, hasBrowser, PageRig, takePicture } from "./pageRig.ts";

const reader = "fb_of_a_reader";
const owner = "fb_of_an_owner";
const sha256 = (key: string) => createHash("sha256").update(key).digest("hex");

describe.skipIf(!hasBrowser)("keys", () => {
  let rig: PageRig;

  beforeAll(async () => {
    rig = await PageRig.start({
      http: {
        keys: [
          { name: "analyst", sha256: sha256(reader), scopes: ["read"] },
          { name: "owner", sha256: sha256(owner), scopes: ["ingest", "read", "admin"] },
        ],
      },
    });
  });

  afterAll(async () => {
    await rig.close();
  });

  it("asks for one, says that one is wrong, and keeps the right one in the tab alone", async () => {
    const { page } = await rig.open();
    const field = page.getByLabel("Key");
    await field.waitFor();
    await expectAccessible(page);
    await takePicture(page, "key-1440-light");
    await field.fill("fb_of_nobody");
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByText("This key is not known here.").waitFor();
    await field.fill(owner);
    await field.press("Enter");
    await page.getByText("owner may ingest, read, admin").waitFor();
    await page.getByRole("button", { name: /^Like/ }).first().waitFor();
    expect(page.url()).not.toContain(owner);
    expect(await page.context().cookies()).toEqual([]);
    await page.reload();
    await page.getByText("owner may ingest, read, admin").waitFor();
    const other = await page.context().newPage();
    await other.goto(rig.served.url);
    await other.getByLabel("Key").waitFor();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByLabel("Key").waitFor();
    expect(await page.evaluate("sessionStorage.length")).toBe(0);
    await page.context().close();
  });

  it("shows what the key's scopes allow, and says what they don't", async () => {
    const { page, wrongs } = await rig.open("#/live?account=someone");
    const field = page.getByLabel("Key");
    await field.fill(reader);
    await field.press("Enter");
    await page.getByText("analyst may read").waitFor();
    await page.getByText("you can look, but not like").waitFor();
    const like = page.getByRole("button", { name: /^Like/ }).first();
    await like.waitFor();
    expect(await like.isDisabled()).toBe(true);
    await page.getByRole("link", { name: "Recommend", exact: true }).click();
    await page.getByText("What accounts did is for keys with the scope").waitFor();
    await page.getByRole("link", { name: "Data", exact: true }).click();
    await page.getByText("Events, refused ones, exports and erasing are for keys").waitFor();
    await page.getByRole("region", { name: "What events look like" }).waitFor();
    expect(await page.getByRole("region").count()).toBe(1);
    // The first answer, without a key, is a 401, which browsers call an error.
    expect(wrongs.filter((wrong) => !wrong.includes("401"))).toEqual([]);
    await page.context().close();
  });
});
