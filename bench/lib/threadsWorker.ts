/** The thread itself: gets ready, then works whenever it is told to, and says what it counted. */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "#foldback/core";
import { isRunningAt, type Job, roles } from "./threadsWork.ts";

assert(parentPort !== null, "a worker has a parent");
// bench/threads.ts made it.
const job = workerData as Job;
const control = new Int32Array(job.control);
const work = roles[job.role](job);
const isRunning = (): boolean => Atomics.load(control, isRunningAt) === 1;
parentPort.postMessage("ready");
for (;;) {
  Atomics.wait(control, isRunningAt, 0);
  const begin = performance.now();
  const counts = work(isRunning);
  parentPort.postMessage({ seconds: (performance.now() - begin) / 1000, counts });
}
