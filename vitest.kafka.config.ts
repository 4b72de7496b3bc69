import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { SummaryReporter } from "./scripts/summary-reporter.mjs";

const typebox = fileURLToPath(new URL("dist/core/typebox.js", import.meta.url));

/** Tests with real Kafka brokers: `npm run test:kafka`. `KAFKA_BROKERS` names a cluster that is there; else one is started. */
export default defineConfig({
  // As in the build, and for its reason: src/core/typebox.ts.
  resolve: { alias: [{ find: /^typebox(\/value)?$/, replacement: typebox }] },
  test: {
    include: ["src/**/*.kafka.test.ts", "bench/**/*.kafka.test.ts"],
    globalSetup: ["scripts/kafka/vitestSetup.mjs"],
    pool: "forks",
    // Three brokers take what the tests leave of two cores; and a test that ends brokers ends those of the others.
    fileParallelism: false,
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ["default", new SummaryReporter()],
    server: { deps: { external: [/\/dist\//] } },
  },
});
