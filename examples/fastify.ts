/**
 * The engine inside of a fastify app: what is played is learned, and the next page shows what fits.
 *
 * No second process, no network between: `Foldback.open` is called once, `ingest` resolves when the event is on disk, `recommend` answers from
 * memory. Close the engine with the app.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fastify from "fastify";
import { Foldback } from "foldback";

const dataDirectory = mkdtempSync(join(tmpdir(), "foldback-fastify-")); // an app would keep it
const engine = await Foldback.open({ dataDirectory });
const app = fastify();
app.addHook("onClose", async () => {
  await engine.close();
  rmSync(dataDirectory, { recursive: true });
});

app.post<{ Params: { account: string; song: string } }>(
  "/:account/plays/:song",
  async ({ params }, reply) => {
    const { account, song } = params;
    await engine.ingest([{ type: "play", time: Date.now(), account, item: song }]);
    return reply.code(204).send();
  },
);

app.get<{ Params: { account: string } }>("/:account/next", ({ params: { account } }) =>
  engine.recommend({ account, count: 3 }).map(({ item }) => item),
);

// Two tastes: who plays one song of a kind plays the others of it.
const kinds = [
  ["drum-1", "drum-2", "drum-3", "drum-4"],
  ["lute-1", "lute-2", "lute-3", "lute-4"],
];
for (let n = 0; n < 60; n++) {
  for (const song of kinds[n % 2])
    await app.inject({ method: "POST", url: `/a${n}/plays/${song}` });
}
await app.inject({ method: "POST", url: "/new/plays/lute-2" });
await engine.settled(); // only so that what is printed is always the same: a page would not wait
console.log("after one play of lute-2:", (await app.inject("/new/next")).json());
await app.close();
