/** Streams of steps, for experiments over them: drawn from one seed, with a truth that drifts. */
import { dayMs, hourMs, Random } from "../core/index.ts";
import { Arena } from "../embedding/index.ts";
import {
  DeepFactorisationMachine,
  FactorisationMachine,
  type OnlineModel,
} from "../model/index.ts";
import type { ExampleAsked, ExampleStep, ExampleTaught } from "../train/index.ts";

export interface DrawnSteps {
  readonly seed: number;
  readonly exampleCount: number;
  readonly days: number;
}

const start = Date.UTC(2025, 2, 1);
const userCount = 60;
const itemCount = 40;

/**
 * Users and items with effects; those of the items change their signs one by one, so that what was learned of
 * them days ago misleads. A label is known at once, or up to an hour later, or (one in twenty) never. Half of
 * the moments are whole seconds that several examples share.
 */
export function drawnSteps({ seed, exampleCount, days }: DrawnSteps): ExampleStep[] {
  const random = new Random(seed);
  const spread = (): number => (random.uniform() - 0.5) * 4;
  const users = Array.from({ length: userCount }, spread);
  const items = Array.from({ length: itemCount }, spread);
  const times = Float64Array.from({ length: exampleCount }, () => {
    const time = start + Math.floor(random.uniform() * days * dayMs);
    return random.below(2) === 0 ? time : time - (time % (600 * 1000));
  }).sort();
  const waiting: ExampleTaught[] = [];
  const steps: ExampleStep[] = [];
  for (let index = 0; index < exampleCount; index++) {
    const time = times[index];
    while (waiting.length > 0 && waiting[0].time <= time) steps.push(...waiting.splice(0, 1));
    if (random.below(10) === 0) items[random.below(itemCount)] *= -1;
    const [user, item] = [random.below(userCount), random.below(itemCount)];
    const features = [
      { slot: "user", id: BigInt(user) },
      { slot: "item", id: BigInt(item) },
      { slot: "rare", id: BigInt(random.below(400)) },
    ];
    const asked: ExampleAsked = { kind: "asked", index, time, features };
    steps.push(asked);
    const label = random.uniform() < 1 / (1 + Math.exp(-users[user] - items[item])) ? 1 : 0;
    const delay = random.below(2) === 0 ? 0 : Math.floor(random.uniform() * hourMs);
    if (random.below(20) === 0) continue;
    waiting.push({
      kind: "taught",
      index,
      time: time + delay,
      features,
      label,
      weight: 1,
      takeBack: 0,
    });
    waiting.sort((a, b) => a.time - b.time || a.index - b.index);
  }
  return [...steps, ...waiting];
}

/** A model of their slots, in memory of its own: ids of `rare` wait, and go after half a day. */
export function stepsModel(kind: "fm" | "deepFm", seed: number): OnlineModel {
  const options = {
    slots: { user: {}, item: {}, rare: { admitAfter: 2, ttlSeconds: 43_200 } },
    dim: 4,
    seed: BigInt(seed),
    featureCountMax: 8,
  };
  const arena = Arena.create({ sizeBytesMax: 16 * 1024 * 1024 });
  if (kind === "fm") return FactorisationMachine.create(arena, options);
  const deep = { hiddenWidths: [8], batchMax: 8 };
  return DeepFactorisationMachine.create(arena, { ...options, ...deep });
}
