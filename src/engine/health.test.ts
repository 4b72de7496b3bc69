/** What an engine says of its training: `status().health`, and alarms as notices. */
import { expect, test, vi } from "vitest";
import { Foldback, type Notice } from "#foldback/engine";
import { changingTastes } from "../testing/changingTastes.ts";
import { likes, smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";

test("an alarm is a notice, and in the status; it is not told again after a restart", async () => {
  const directory = temporaryDirectory();
  const config = smallConfig(directory, { negativesPerPositive: 5 });
  const notices: Notice[] = [];
  const onNotice = (notice: Notice): void => {
    if (notice.kind !== "snapshotSaved") notices.push(notice);
  };
  const engine = await Foldback.open(config, { onNotice });
  const changeAt = 6000;
  const events = changingTastes(7000, changeAt, 1);
  for (let n = 0; n < events.length; n += 1000) await engine.ingest(events.slice(n, n + 1000));
  await engine.settled();
  await expect.poll(() => notices).toHaveLength(1);
  expect(notices).toMatchObject([{ kind: "drift", question: "next" }]);
  // The report of health comes a quarter of a second later, also when nothing else does.
  await expect.poll(() => engine.status().health.recentAlarms).toEqual(notices);
  await engine.close();
  const { health } = engine.status();
  expect(health.questions.next.alarms).toMatchObject({ drift: 1, overfitting: 0 });

  const again = await Foldback.open(config, { onNotice });
  const { recentAlarms, questions } = again.status().health;
  expect(recentAlarms).toEqual(health.recentAlarms);
  expect(questions).toEqual(health.questions);
  await again.close();
  expect(notices).toHaveLength(1);
});

test("progress: examples a second, lag, snapshots, and how well the latest were foretold", async () => {
  const engine = await Foldback.open(smallConfig(temporaryDirectory()));
  await engine.ingest([...likes(0, 2000), ...likes(0, 10), { type: "like" }]);
  await engine.settled();
  await expect.poll(() => engine.status().health.questions.next.examples).toBeGreaterThan(5000);
  const { health, examples, ...status } = engine.status();
  expect(status).toMatchObject({
    trainingLag: 0,
    trainingLagMs: 0,
    ingested: { accepted: 2000, duplicates: 10, refused: 1 },
    snapshots: { saved: 0, failed: 0 },
  });
  expect(health.examplesPerSecond).toBeGreaterThan(100);
  const { next, response } = health.questions;
  expect(next.examples).toBe(examples);
  expect(response).toMatchObject({ examples: 0, steps: 0 });
  const [latest] = next.windows;
  expect(latest).toMatchObject({ size: 1000, examples: 1000 });
  expect(latest.auc).toBeGreaterThan(0.6);
  expect(latest.normalisedEntropy).toBeLessThan(1);
  await engine.close();
  const { saved, stallMs } = engine.status().snapshots;
  expect(saved).toBe(1);
  expect(stallMs).toBeGreaterThan(0);
});

test("while training lags, the lag is told in records, and in log time", async () => {
  let now = 1_800_000_000_000;
  const clock = { now: () => now };
  const config = smallConfig(temporaryDirectory(), { negativesPerPositive: 1000 });
  const engine = await Foldback.open(config, { clock });
  // A minute of the server's clock goes by between two batches; with so many negatives training takes seconds.
  for (let batch = 0; batch < 20; batch++) {
    await engine.ingest(likes(batch * 100, 100));
    now += 60_000;
  }
  await vi.waitFor(() => expect(engine.status().trainingLag).toBeLessThan(2000)); // it has begun
  const { trainingLag, trainingLagMs } = engine.status();
  expect(trainingLag).toBeGreaterThan(0);
  expect(trainingLagMs % 60_000).toBe(0);
  const first = Math.floor((2000 - trainingLag - 1) / 100);
  expect(trainingLagMs).toBe((19 - first) * 60_000);
  await engine.settled();
  expect(engine.status()).toMatchObject({ trainingLag: 0, trainingLagMs: 0 });
  await engine.close();
});
