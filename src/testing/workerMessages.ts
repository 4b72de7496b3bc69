import type { Worker } from "node:worker_threads";

/** What a worker posts, in order, as it is asked for; its error, if it ends with one. */
export function messagesOf(worker: Worker): { next(): Promise<unknown> } {
  const queue: unknown[] = [];
  const waiting: { resolve: (value: unknown) => void; reject: (error: unknown) => void }[] = [];
  worker.on("message", (message) => {
    const waiter = waiting.shift();
    if (waiter === undefined) queue.push(message);
    else waiter.resolve(message);
  });
  worker.on("error", (error) => {
    for (const waiter of waiting) waiter.reject(error);
  });
  return {
    next: () =>
      queue.length > 0
        ? Promise.resolve(queue.shift())
        : new Promise((resolve, reject) => waiting.push({ resolve, reject })),
  };
}
