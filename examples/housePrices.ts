/**
 * A third step: the price of a house by bedrooms, square feet and location, by linear regression; and beside it a model that learns online.
 *
 * The houses are drawn: price = 40,000 + 15,000 · bedrooms + 120 · square feet + what the location adds, with a deviation of 20,000 that
 * nothing explains, so no model's mean squared error can be below 4e8. A fifth is kept back: both are judged by houses that they never saw.
 *
 * Least squares needs all rows at once. The online model takes one row at a time, once, and can predict after each: its weights are rows of
 * an embedding table, one an id, so a new location needs no new column.
 */
import { Arena, EmbeddingTable, hash64 } from "foldback/embedding";
import MultivariateLinearRegression from "ml-regression-multivariate-linear";

const locations = { harbour: 90_000, hills: 60_000, centre: 45_000, north: 10_000, east: 0 };
const names = Object.keys(locations) as (keyof typeof locations)[];

interface House {
  readonly bedrooms: number;
  readonly squareFeet: number;
  readonly location: keyof typeof locations;
  readonly price: number;
}

const houses = drawHouses(2000);
const training = houses.slice(0, 1600); // drawn in any order, so the last fifth is as good as any
const test = houses.slice(1600);

// Least squares. A location is a column of 0 and 1 each; the last needs none, as the others say it.
const columns = ({ bedrooms, squareFeet, location }: House) => [
  bedrooms,
  squareFeet,
  ...names.slice(0, -1).map((name) => (name === location ? 1 : 0)),
];
const regression = new MultivariateLinearRegression(
  training.map(columns),
  training.map(({ price }) => [price]),
);
const weights = regression.weights.map(([weight]) => weight);
console.log("least squares");
console.log(`  a bedroom ${weights[0].toFixed(0)}, a square foot ${weights[1].toFixed(1)}`);
for (const [n, name] of names.slice(0, -1).entries()) {
  console.log(`  ${name} rather than ${names[names.length - 1]} ${weights[2 + n].toFixed(0)}`);
}
const byLeastSquares = meanSquaredError((house) => regression.predict(columns(house))[0]);
console.log(
  `  mean squared error of ${test.length} other houses ${byLeastSquares.toExponential(3)}`,
);

// Online. Numbers are centred and scaled, so that one rate serves all weights; prices are told in 100,000.
const table = EmbeddingTable.create(Arena.create({ sizeBytesMax: 1024 * 1024 }), {
  dim: 0, // no vectors: of a row only its weight is used here
  seed: 1n,
  linear: { alpha: 0.5, beta: 1, l1: 0, l2: 0 },
});
const featuresOf = ({ bedrooms, squareFeet, location }: House): [string, number][] => [
  ["base", 1],
  ["bedrooms", (bedrooms - 3) / 1.5],
  ["square feet", (squareFeet - 1800) / 700],
  [`location ${location}`, 1],
];
const unit = 100_000;
for (const [n, house] of training.entries()) {
  const features = featuresOf(house);
  const rows = Uint32Array.from(features, ([name]) => table.observeOne(hash64(name), n));
  const error = predict(house) - house.price / unit; // the slope of (prediction − price)² / 2
  const weightGradients = Float32Array.from(features, ([, value]) => error * value);
  table.update(rows, new Float32Array(0), { weightGradients });
}
const online = meanSquaredError((house) => predict(house) * unit);
console.log("online, each row once");
console.log(`  mean squared error of the same ${test.length} houses ${online.toExponential(3)}`);
console.log(`  ${(online / byLeastSquares).toFixed(3)} times that of least squares`);

function predict(house: House): number {
  const features = featuresOf(house);
  const rows = Uint32Array.from(features, ([name]) => table.findOne(hash64(name)));
  const weight = new Float32Array(rows.length);
  table.gather(rows, new Float32Array(0), weight); // zeros for ids that it does not know
  return features.reduce((sum, [, value], n) => sum + weight[n] * value, 0);
}

function meanSquaredError(priceOf: (house: House) => number): number {
  return test.reduce((sum, house) => sum + (priceOf(house) - house.price) ** 2, 0) / test.length;
}

function drawHouses(count: number): House[] {
  const uniform = generator(7);
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()); // Box and Muller, 1958
  return Array.from({ length: count }, () => {
    const bedrooms = 1 + Math.floor(5 * uniform());
    const squareFeet = Math.round(500 + 450 * bedrooms + 250 * normal());
    const location = names[Math.floor(names.length * uniform())];
    const known = 40_000 + 15_000 * bedrooms + 120 * squareFeet + locations[location];
    return { bedrooms, squareFeet, location, price: Math.round(known + 20_000 * normal()) };
  });
}

/** Numbers in [0, 1), the same on every machine: a linear congruential generator (Knuth's MMIX constants, upper bits). */
function generator(seed: number): () => number {
  let state = BigInt(seed);
  return () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffff_ffff_ffff_ffffn;
    return Number(state >> 11n) / 2 ** 53;
  };
}
