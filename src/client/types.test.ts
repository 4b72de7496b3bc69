/** What does not compile: the types of calls are those of the service's schemas. */

import type { Static } from "typebox";
import { expect, expectTypeOf, test } from "vitest";
import type {
  catalogueItemSchema,
  ingestResultSchema,
  recommendationsSchema,
  statusSchema,
} from "../contract/index.ts";
import { FoldbackClient, type FoldbackClientError, type NewEvent } from "./index.ts";

/** Looked at by the compiler, and never run. */
async function mistakes(
  client: FoldbackClient,
  error: FoldbackClientError,
): Promise<readonly unknown[]> {
  const event = { type: "like", time: 0, account: "a", item: "b" } as const;
  await client.track(event);
  await client.track({
    ...event,
    time: "2026-01-31T12:00:00Z",
    context: { mood: "calm", bpm: 120 },
  });
  // @ts-expect-error: time is missing
  await client.track({ type: "like", account: "a" });
  // @ts-expect-error: no field of that name
  await client.track({ ...event, colour: "red" });
  // @ts-expect-error: a number
  await client.track({ ...event, position: "3" });
  // @ts-expect-error: no field of that name, inside
  await client.track({ ...event, location: { town: "Bonn" } });
  // @ts-expect-error: texts and numbers
  await client.ingest([{ ...event, context: { mood: ["calm"] } }]);

  const names: readonly string[] = ["rock"];
  await client.recommendations("a", { n: 3, categories: names, explain: true, diversity: 0.5 });
  // @ts-expect-error: a number
  await client.recommendations("a", { n: "3" });
  // @ts-expect-error: no parameter of that name
  await client.recommendations("a", { limit: 3 });
  // @ts-expect-error: a list
  await client.recommendations("a", { exclude: "b" });
  // @ts-expect-error: boards have no caps
  await client.trending({ artistMax: 2 });
  // @ts-expect-error: an id, and no list of them
  await client.similar(["a"]);

  await client.putItem("a", { title: "One", price: 3, live: true, categories: names });
  // @ts-expect-error: nothing else than texts, numbers, true and false, lists of texts
  await client.putItem("a", { title: null });
  await client.patchItem("a", { title: null, price: 3 });
  await client.patchAccount("a", { plan: null });
  // @ts-expect-error: nothing else than texts, numbers, true and false, lists of texts
  await client.putAccount("a", { plan: null });
  // @ts-expect-error: properties are beside the id
  await client.putItems([{ item: "a", title: "One" }]);
  // @ts-expect-error: a number
  client.items({ limit: "10" });

  const { items, missing } = await client.recommendations("a");
  // @ts-expect-error: only where it was asked for
  items[0].why.rank.toFixed();
  // @ts-expect-error: no reason of that name
  if (missing?.[0].why === "gone") return [];
  // @ts-expect-error: no field of that name
  const { price } = items[0];
  if (error.code === "QUEUE_FULL" || error.code === "OVERLOADED") return [];
  // @ts-expect-error: where there was no reply there is no status
  error.status.toFixed();

  // @ts-expect-error: where is it?
  const nowhere = new FoldbackClient({});
  // @ts-expect-error: no option of that name
  const unknown = new FoldbackClient({ baseUrl: "http://127.0.0.1", retries: 3 });
  return [price, nowhere, unknown];
}

test("a wrong field does not compile, and replies are what the schemas say", () => {
  expect(mistakes).toBeTypeOf("function");
  type Reply<Name extends "ingest" | "recommendations" | "status"> = Awaited<
    ReturnType<FoldbackClient[Name]>
  >;
  expectTypeOf<Reply<"ingest">>().toEqualTypeOf<Static<typeof ingestResultSchema>>();
  expectTypeOf<Reply<"recommendations">>().toEqualTypeOf<Static<typeof recommendationsSchema>>();
  expectTypeOf<Reply<"status">>().toEqualTypeOf<Static<typeof statusSchema>>();
  expectTypeOf<Awaited<ReturnType<FoldbackClient["item"]>>>().toExtend<
    Static<typeof catalogueItemSchema>
  >();
  expectTypeOf<NewEvent["time"]>().toEqualTypeOf<number | string>();
  expectTypeOf<NewEvent["item"]>().toEqualTypeOf<string | undefined>();
});
