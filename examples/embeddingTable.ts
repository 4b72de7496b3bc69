/**
 * The embedding table on its own: learns viewers and films from 100,000 real ratings.
 *
 * The model is matrix factorisation, learned online: the rating by user u of film i is predicted as
 *
 *   mean + weight(u) + weight(i) + vector(u) · vector(i)
 * then both rows step along the gradient of (prediction − rating)²/2. Every rating is predicted before
 * it is learned from, so the error is that on ratings never seen.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Arena, EmbeddingTable, hash64, type TableOptions } from "foldback/embedding";
import { openSnapshotStore } from "foldback/storage";

const data = new URL("../../data/movietweetings-100k/", import.meta.url);
const lines = (file: string) => readFileSync(new URL(file, data), "utf8").trimEnd().split("\n");

const dim = 16;
// An arena is one shared memory that holds several tables: here one of users, one of films.
const arena = Arena.create({ sizeBytesMax: 64 * 1024 * 1024 });
const options: TableOptions = {
  dim,
  seed: 1n, // rows start the same on every machine
  admitAfter: 2, // who was seen only once has no row
  initialiser: { kind: "normal", scale: 0.03 },
  optimiser: { kind: "adagrad", learningRate: 0.1, weightDecay: 0.02 },
  linear: { alpha: 0.6, l2: 1 },
};
const users = EmbeddingTable.create(arena, options);
const films = EmbeddingTable.create(arena, options);

// 1. Learn, in the order of time. Ids are 64 bits; names become ids by a hash.
const ratings = lines("ratings.dat").map((line) => {
  const [user, film, rating, time] = line.split("::");
  return { user: hash64(user), film: hash64(film), rating: Number(rating), seconds: Number(time) };
});
ratings.sort((a, b) => a.seconds - b.seconds);
const lastSeconds = ratings[ratings.length - 1].seconds;

let mean = 7; // of the ratings so far; before the first, a guess
let squaresOfMean = 0;
let squaresOfTables = 0;
const [u, i] = [users, films].map((table) => ({
  table,
  rows: new Uint32Array(1),
  vector: new Float32Array(dim),
  weight: new Float32Array(1),
}));
for (const [n, { user, film, rating, seconds }] of ratings.entries()) {
  u.rows[0] = users.observeOne(user, seconds); // counts; `noRow` for who is not admitted yet
  i.rows[0] = films.observeOne(film, seconds);
  for (const { table, rows, vector, weight } of [u, i]) table.gather(rows, vector, weight);
  let prediction = mean + u.weight[0] + i.weight[0]; // zeros for `noRow`
  for (let d = 0; d < dim; d++) prediction += u.vector[d] * i.vector[d];
  squaresOfTables += (prediction - rating) ** 2;
  squaresOfMean += (mean - rating) ** 2;

  const slope = prediction - rating; // of the loss, by the prediction
  const weightGradients = Float32Array.of(slope);
  const gradients = [i.vector, u.vector].map((vector) => vector.map((value) => slope * value));
  users.update(u.rows, gradients[0], { weightGradients });
  films.update(i.rows, gradients[1], { weightGradients });
  mean += (rating - mean) / (n + 1);
}
const rmse = (squares: number) => Math.sqrt(squares / ratings.length).toFixed(4);
console.log(`${ratings.length} ratings, each predicted before it was learned from`);
console.log(`  RMSE of the mean ${rmse(squaresOfMean)}, with the tables ${rmse(squaresOfTables)}`);

// 2. The films nearest to one, by dot product: an exact scan of all vectors, its own among them.
const catalogue = lines("movies.dat").map((line) => line.split("::"));
const titles = new Map(catalogue.map(([film, title]) => [hash64(film), title]));
const ironMan = hash64("1300854");
const query = films.vectorOf(films.findOne(ironMan));
const near = films.scanTop(query, 6, { useWeight: false });
console.log(`nearest to ${titles.get(ironMan)}`);
for (const [place, key] of films.keysOf(near.rows).entries()) {
  if (key !== ironMan) console.log(`  ${near.scores[place].toFixed(4)} ${titles.get(key)}`);
}

// 3. Look inside: the table, and one id.
const { idCount, pendingCount, load, rowBytes } = films.stats();
console.log(`films: ${idCount} have rows, ${pendingCount} wait, load ${load.toFixed(2)}`);
const entry = films.entry(ironMan); // all of it: with vector, and the state of its optimiser
console.log(JSON.stringify({ ...entry, key: String(ironMan), vector: "…", vectorState: "…" }));

// 4. Save both at one moment, and restore one into a table of its own.
const directory = mkdtempSync(join(tmpdir(), "foldback-example-"));
const store = openSnapshotStore({ directory });
const { sizeBytes } = store.write(lastSeconds, (sink) => {
  users.save(sink, "users.");
  films.save(sink, "films.");
});
const restored = EmbeddingTable.create(arena, options);
const { snapshot } = store.latest();
if (snapshot !== undefined) restored.restore(snapshot, "films.");
snapshot?.close();
rmSync(directory, { recursive: true });
const again = restored.vectorOf(restored.findOne(ironMan));
const vector = again.every((value, d) => value === query[d]) ? "the same vector" : "another vector";
console.log(`snapshot of ${sizeBytes} bytes: the restored table gives ${vector}`);

// 5. A copy that only serves, one byte a component, kept by following what changes.
const copy = EmbeddingTable.create(arena, { dim, seed: 1n, format: "int8" });
const drain = films.follow().drain();
for (const key of drain.removed) copy.remove(key);
for (const rows of drain.rows()) copy.assign(rows.keys, rows.vectors, rows.weights, lastSeconds);
drain.acknowledge(); // from now on only what changes after this
let errorMax = 0;
for (const one of copy.entries()) {
  if (one.state !== "admitted") continue;
  const exact = films.vectorOf(films.findOne(one.key));
  for (let d = 0; d < dim; d++) errorMax = Math.max(errorMax, Math.abs(one.vector[d] - exact[d]));
}
const copied = copy.stats();
console.log(`int8 copy: ${copied.idCount} ids, ${copied.rowBytes} bytes of rows, not ${rowBytes}`);
console.log(`  largest error of a component ${errorMax.toFixed(5)}`);
