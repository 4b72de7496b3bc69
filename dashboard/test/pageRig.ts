/** A page in a browser before a service with a simulated stream. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, Page } from "playwright-core";
import { expect, it } from "vitest";
import { evaluateInto, importFile, resolveConfig, type UserConfig } from "#foldback/engine";
import { simulate } from "#foldback/simulate";
import { type ServedEngine, serveEngine } from "../../src/testing/servedEngine.ts";
import { smallConfig } from "../../src/testing/smallEngine.ts";
import { animatedWebp, type Frame } from "./animation.ts";
import { chromiumPath, launchChromium } from "./chromium.ts";

export const sizes = {
  wide: { width: 1440, height: 1000 },
  narrow: { width: 375, height: 812 },
} as const;

/** Where pictures go that are kept: `FOLDBACK_PICTURES=docs/page` renews those of the docs. */
const kept = process.env.FOLDBACK_PICTURES;
/** Where they go to be looked at. */
const pictures = "build/pictures";
const dayMs = 86_400_000;
const days = 5;

if (chromiumPath === undefined) {
  const words = "no Chromium on this machine: tests of the page are skipped; CHROMIUM names one";
  if (process.env.CI !== undefined) throw new Error(words);
  process.stdout.write(`${words}\n`);
}

/** Tests that need a browser. */
export const hasBrowser = chromiumPath !== undefined;

export interface OpenedPage {
  readonly page: Page;
  /** What the console was told as an error, what nobody caught, and what was asked of other hosts. */
  readonly wrongs: readonly string[];
}

export class PageRig {
  readonly #browser: Browser;
  readonly #directory: string;
  readonly served: ServedEngine;

  private constructor(browser: Browser, served: ServedEngine, directory: string) {
    this.#browser = browser;
    this.served = served;
    this.#directory = directory;
  }

  /**
   * Over a service that has taken five days of eighty simulated accounts.
   *
   * @param isEvaluated whether by `foldback evaluate`, so that there is a report of it.
   */
  static async start(config: UserConfig = {}, isEvaluated = false): Promise<PageRig> {
    if (chromiumPath === undefined) throw new Error("there is no browser");
    const directory = mkdtempSync(join(tmpdir(), "foldback-page-"));
    const dataDirectory = join(directory, "data");
    const file = join(directory, "simulated.ndjson");
    writeFileSync(file, simulatedStream());
    const own = { ...smallConfig(dataDirectory), ...config };
    if (isEvaluated) await evaluateInto(resolveConfig(own), file);
    else await importFile(resolveConfig(own), file);
    const served = await serveEngine(own);
    await served.engine.settled();
    return PageRig.over(served, directory);
  }

  /** Over a service that is there already: it goes with the rig, and so does its directory. */
  static async over(served: ServedEngine, directory: string): Promise<PageRig> {
    if (chromiumPath === undefined) throw new Error("there is no browser");
    return new PageRig(await launchChromium(chromiumPath), served, directory);
  }

  async open(
    place = "",
    {
      size = "wide",
      scheme = "light",
    }: { readonly size?: keyof typeof sizes; readonly scheme?: "light" | "dark" } = {},
  ): Promise<OpenedPage> {
    const context = await this.#browser.newContext({
      viewport: sizes[size],
      colorScheme: scheme,
      locale: "en-GB",
      timezoneId: "Europe/Lisbon",
      reducedMotion: "reduce",
    });
    const page = await context.newPage();
    const wrongs: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") wrongs.push(message.text());
    });
    page.on("pageerror", (error) => wrongs.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith(this.served.url)) wrongs.push(`asked ${request.url()}`);
    });
    await page.goto(`${this.served.url}/${place}`);
    return { page, wrongs };
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.served.close();
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** No rule of WCAG 2.2 A and AA, nor of good practice, is broken. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const said = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`,
  );
  expect(said).toEqual([]);
}

/** Nothing stands beyond the right edge. */
async function expectNoOverflow(page: Page): Promise<void> {
  const overflow = await page.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  expect(overflow).toBeLessThanOrEqual(0);
}

/** The whole view, as a picture to be looked at. */
export async function takePicture(page: Page, name: string): Promise<void> {
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  // Of both sizes and both schemes, but not of each pair of them.
  if (kept === undefined || /-1440-dark|-375-light|erase/.test(name)) return;
  mkdirSync(kept, { recursive: true });
  writeFileSync(join(kept, `${name}.webp`), await webpOf(page, { captureBeyondViewport: true }));
}

/** A third of the size of PNG; Playwright itself writes no WebP. */
async function webpOf(
  page: Page,
  options: { readonly captureBeyondViewport?: boolean; readonly clip?: Clip },
): Promise<Buffer> {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", {
    format: "webp",
    quality: 85,
    ...options,
  });
  await session.detach();
  return Buffer.from(data, "base64");
}

interface Clip {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly scale: number;
}

/** What is done on a page, as an animated picture of the docs; where none are kept, nothing. */
export class Recording {
  readonly #page: Page;
  readonly #clip: Clip;
  readonly #frames: Frame[] = [];

  /** @param area of the page; whole pixels within it are taken. */
  constructor(page: Page, { x, y, width, height }: Omit<Clip, "scale">) {
    this.#page = page;
    const [left, top] = [Math.ceil(x), Math.ceil(y)];
    const [right, bottom] = [Math.floor(x + width), Math.floor(y + height)];
    this.#clip = { x: left, y: top, width: right - left, height: bottom - top, scale: 1 };
  }

  /** As it stands now. @param shownMs how long it is looked at. */
  async take(shownMs: number): Promise<void> {
    if (kept === undefined) return;
    this.#frames.push({ webp: await webpOf(this.#page, { clip: this.#clip }), shownMs });
  }

  save(name: string): void {
    if (kept === undefined) return;
    mkdirSync(kept, { recursive: true });
    writeFileSync(join(kept, `${name}.webp`), animatedWebp(this.#frames, this.#clip));
  }
}

/** Tests that a view is whole at both sizes, in both schemes: nothing beyond the edge, no rule broken, nothing said on the console; and takes pictures. */
export function itIsWhole(
  name: string,
  {
    rig,
    place,
    ready,
  }: {
    readonly rig: () => PageRig;
    readonly place: () => string;
    /** Brings the view to where all of it can be seen. */
    readonly ready: (page: Page) => Promise<void>;
  },
): void {
  for (const size of Object.keys(sizes) as (keyof typeof sizes)[]) {
    for (const scheme of ["light", "dark"] as const) {
      it(`is whole and accessible at ${sizes[size].width} px, ${scheme}`, async () => {
        const { page, wrongs } = await rig().open(place(), { size, scheme });
        await ready(page);
        await expectNoOverflow(page);
        await expectAccessible(page);
        await takePicture(page, `${name}-${sizes[size].width}-${scheme}`);
        expect(wrongs).toEqual([]);
        await page.context().close();
      });
    }
  }
}

/** As NDJSON, until last midnight: what somebody does depends on the time of day, and tests should not. */
function simulatedStream(): string {
  const start = (Math.floor(Date.now() / dayMs) - days) * dayMs;
  const lines = Array.from(
    simulate({ accounts: 80, days, items: 300, seed: 7, start }),
    ({ event }) => JSON.stringify(event),
  );
  return `${lines.join("\n")}\n`;
}

/** For so long numbers come before the picture: lines of a picture that is kept have something to show. */
export const pictureMs = kept === undefined ? 2500 : 45_000;
