/**
 * Segment's own SDK, pointed at foldback: not a line of an app that has it changes but the host.
 *
 * Needs a service: `foldback serve` in another terminal. Give its address, if it is not the default:
 * `FOLDBACK_URL=http://127.0.0.1:7878 npm run example -- segment`
 */
import { Analytics } from "@segment/analytics-node";
import { FoldbackClient } from "foldback/client";

const url = process.env["FOLDBACK_URL"] ?? "http://127.0.0.1:7878";
const key = process.env["FOLDBACK_KEY"]; // where the service has keys; its scopes: ingest, read
const client = new FoldbackClient({ baseUrl: url, ...(key !== undefined && { key }) });
await client.health().catch(() => {
  console.error(`nothing answers at ${url}: start \`foldback serve\`, or set FOLDBACK_URL`);
  process.exit(1);
});

const analytics = new Analytics({ host: url, writeKey: key ?? "any" });
analytics.on("error", ({ reason }) => {
  throw reason;
});
const buy = (userId: string, product: string) =>
  analytics.track({
    userId,
    event: "Order Completed",
    properties: { order_id: `${userId}-${product}`, products: [{ product_id: product, price: 9 }] },
  });

analytics.identify({ userId: "segment-1", traits: { plan: "family" } });
for (let n = 2; n < 40; n++) {
  for (const product of n % 2 === 0 ? ["tea", "cup", "pot"] : ["ball", "net", "shoes"]) {
    buy(`segment-${n}`, product);
  }
}
buy("segment-1", "tea");
await analytics.closeAndFlush();

const { items } = await client.recommendations("segment-1", { n: 3 });
console.log("after tea:", items.map(({ item }) => item).join(", "));
console.log("segment-1 is", (await client.account("segment-1")).properties);
