/** The embedding table in twenty lines: ids come and go, no two share a row, a row learns. */
import { Arena, EmbeddingTable, hash64, noRow } from "foldback/embedding";

const arena = Arena.create({ sizeBytesMax: 16 * 1024 * 1024 });
const table = EmbeddingTable.create(arena, {
  dim: 4,
  seed: 1n,
  admitAfter: 2, // an id has a row from its second sighting on
  ttlSeconds: 3600, // and gives it up an hour after its last
  optimiser: { kind: "sgd", learningRate: 0.5 },
});
const song = hash64("song-9");
console.log("first sighting:", table.observeOne(song, 0) === noRow ? "no row" : "a row");
const row = table.observeOne(song, 10);
console.log("second:", row === noRow ? "no row" : "a row of its own");

const [before] = table.vectorOf(row);
table.update(Uint32Array.of(row), Float32Array.of(1, 0, 0, 0)); // a step along one gradient
console.log("its first number moved by", (table.vectorOf(row)[0] - before).toFixed(2));

table.expire(10 + 3600 + 1);
console.log("ids an hour later:", table.stats().idCount);
