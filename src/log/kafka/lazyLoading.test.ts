import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("who has no Kafka does not load its client: nothing that the log imports at once leads there", () => {
  const door = fileURLToPath(new URL("../index.ts", import.meta.url));
  const seen = new Set<string>();
  const packages = new Set<string>();
  const waiting = [door];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const text = readFileSync(file, "utf8");
    // Types are gone when it runs.
    for (const [, isType, name] of text.matchAll(
      /^(?:import|export) (type )?(?:[^;]*? from )?"([^"]+)";/gms,
    )) {
      if (isType !== undefined) continue;
      if (name.startsWith(".")) waiting.push(join(dirname(file), name));
      else packages.add(name);
    }
  }
  expect([...seen].some((file) => file.endsWith("onDemand.ts"))).toBe(true);
  expect([...seen].some((file) => file.endsWith("kafkaLog.ts"))).toBe(false);
  expect([...packages]).not.toContain("@platformatic/kafka");
});
