import type { CounterModule } from "./countProtocol.ts";

export const countMethods = ["best", "simple"] as const;
export type CountMethod = (typeof countMethods)[number];

/** Where the counting threads load a method from. */
export function counterOf(method: CountMethod): CounterModule {
  const { href: url } = new URL("../counting/index.js", import.meta.url);
  return { url, name: method === "best" ? "countBest" : "countSimple" };
}
