/** Experiments over HTTP, by the client: what a reply says, what the log keeps, and what is told of the result. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ServedEngine, serveEngine } from "../testing/servedEngine.ts";
import { likes } from "../testing/smallEngine.ts";
import { FoldbackClient, FoldbackClientError } from "./index.ts";

let service: ServedEngine;
let client: FoldbackClient;

const variants = [{ name: "control" }, { name: "new", rules: { artistMax: 3 } }];

beforeAll(async () => {
  service = await serveEngine({
    experiments: { ranking: { variants }, other: { variants: [{ name: "a" }, { name: "b" }] } },
  });
  client = new FoldbackClient({ baseUrl: service.url });
  await client.ingest(likes(0, 200));
  await service.engine.settled();
});

afterAll(async () => {
  await client.close();
  await service.close();
});

test("a reply names its variants, and so does the log; the result counts it", async () => {
  const first = await client.recommendations("reader", { n: 3 });
  const again = await client.recommendations("reader", { n: 3 });
  expect(Object.keys(first.variants ?? {})).toEqual(["ranking", "other"]);
  expect(again.variants).toEqual(first.variants);
  await client.ingest([{ type: "like", time: 0, account: "reader", item: first.items[0].item }]);
  await service.engine.settled();

  const all = await client.experiments();
  expect(all.map(({ name, state }) => [name, state])).toEqual([
    ["ranking", "running"],
    ["other", "running"],
  ]);
  const one = await client.experiment("ranking");
  expect(one).toEqual(all[0]);
  const own = one.variants.find(({ name }) => name === first.variants?.["ranking"]);
  expect(own).toMatchObject({ share: 0.5, accounts: 1, exposures: 2, measured: 0 });
  expect(own?.metrics.acted).toMatchObject({ mean: null, low: 0, high: 1 });
  expect(one.summary).toMatch(/too early/);
});

test("one experiment has an etag, which changes with what is said of it", async () => {
  const url = `${service.url}/v1/experiments/ranking`;
  const ask = async (etag?: string) => {
    const reply = await fetch(
      url,
      etag === undefined ? {} : { headers: { "if-none-match": etag } },
    );
    await reply.arrayBuffer();
    return { status: reply.status, etag: reply.headers.get("etag") ?? "" };
  };
  const { status, etag } = await ask();
  expect([status, etag]).toEqual([200, expect.stringMatching(/^"[\w-]{22}"$/)]);
  expect(await ask(etag)).toEqual({ status: 304, etag });
  await client.recommendations("somebody-new");
  await client.ingest([{ type: "access", time: 0, account: "a" }]);
  await service.engine.settled();
  const after = await ask(etag);
  expect(after.status).toBe(200);
  expect(after.etag).not.toBe(etag);
});

test("one that there is not is NOT_FOUND, and named", async () => {
  const reason: unknown = await client.experiment("nothing").catch((error: unknown) => error);
  expect(reason).toBeInstanceOf(FoldbackClientError);
  expect(reason).toMatchObject({
    code: "NOT_FOUND",
    message: expect.stringContaining("there is: ranking, other") as unknown,
  });
});

test("the log has what was served under which variants, and what is measured", async () => {
  const events = await service.close();
  const sets = events.filter(({ type }) => type === "experiment_set");
  expect(sets.map(({ context }) => context?.["experiment"])).toEqual(["ranking", "other"]);
  const served = events.filter(({ type }) => type === "served");
  expect(served.length).toBe(3);
  expect(Object.keys(served[0].context ?? {})).toEqual(["experiment.ranking", "experiment.other"]);
  expect(served[1].context).toEqual(served[0].context);
});
