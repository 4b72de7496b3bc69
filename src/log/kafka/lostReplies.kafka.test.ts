/** Replies of real brokers that get lost: what was appended is there once, and what comes next is there as well. */
import { Connection } from "@platformatic/kafka";
import { expect, onTestFinished, test, vi } from "vitest";
import { testTopic } from "../../testing/kafkaBrokers.ts";
import { play, readEverything } from "../../testing/logRecords.ts";
import { SimulatedFiles } from "../../testing/simulatedFiles.ts";
import { openKafkaIngest } from "./kafkaIngest.ts";
import { openKafkaLog } from "./kafkaLog.ts";

/** Of Kafka's API for appending. */
const produceKey = 0;

/** Appends happen, and of those that `isLost` names, counted from 1, the client hears that the connection broke. */
function loseReplies(isLost: (attempt: number) => boolean): { readonly attempts: () => number } {
  const { send } = Connection.prototype;
  let attempts = 0;
  const spy = vi.spyOn(Connection.prototype, "send").mockImplementation(function (
    this: Connection,
    ...call: Parameters<typeof send>
  ) {
    const [apiKey] = call;
    const callback = call[6];
    if (apiKey === produceKey && isLost(++attempts)) {
      call[6] = (error) => callback(error ?? new Error("the connection broke"));
    }
    send.apply(this, call);
  });
  onTestFinished(() => spy.mockRestore());
  return { attempts: () => attempts };
}

test("a batch whose reply is lost is sent again and stands there once, without any ids", async () => {
  const kafka = testTopic();
  const log = await openKafkaLog({ directory: "log", files: new SimulatedFiles(), kafka });
  onTestFinished(() => log.close());
  const lost = loseReplies((attempt) => attempt % 3 !== 0);
  for (let i = 0; i < 10; i++) {
    const { offsets } = await log.append(play(i * 4, 4));
    expect(offsets).toEqual([0, 1, 2, 3].map((each) => i * 4 + each));
  }
  expect(lost.attempts()).toBe(30);
  expect((await readEverything(log)).map(({ event }) => event)).toEqual(play(0, 40));
});

test("after an append whose end stayed unknown the next one is there, and not taken for its repetition", async () => {
  const kafka = testTopic({ timeoutMs: 400 });
  const log = await openKafkaLog({ directory: "log", files: new SimulatedFiles(), kafka });
  onTestFinished(() => log.close());
  const ingest = await openKafkaIngest({ kafka });
  onTestFinished(() => ingest.close());
  let isBroken = false;
  loseReplies(() => isBroken);
  for (const [i, target] of [log, ingest, log, ingest].entries()) {
    isBroken = true;
    const failing = target.append(play(i * 10, 5));
    await expect(failing).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
    isBroken = false;
    await target.append(play(i * 10 + 5, 5));
  }
  await log.append([{ type: "heartbeat", time: 0 }]); // the copy has come to what was brought in
  const found = (await readEverything(log)).map(({ event }) => event).slice(0, -1);
  expect(found).toEqual(play(0, 40));
});
