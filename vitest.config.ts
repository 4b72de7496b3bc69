import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";
import { SummaryReporter } from "./scripts/summary-reporter.mjs";

const typebox = fileURLToPath(new URL("dist/core/typebox.js", import.meta.url));

export default defineConfig({
  // As in the build, and for its reason: src/core/typebox.ts.
  resolve: { alias: [{ find: /^typebox(\/value)?$/, replacement: typebox }] },
  test: {
    include: ["src/**/*.test.ts", "bench/**/*.test.ts", "scripts/**/*.test.mjs"],
    // vitest.kafka.config.ts runs them.
    exclude: [...configDefaults.exclude, "**/*.kafka.test.ts"],
    // Processes, not threads: tests kill children, start workers and open data directories of their own.
    pool: "forks",
    // A process runs many files: opening the modules anew for each was a quarter of the whole time. Tests leave nothing behind.
    isolate: false,
    // Also on two cores two files run at a time; vitest would keep one core for itself.
    maxWorkers: "100%",
    // Twenty times what the slowest kind of test (a child process, a replay) takes on an idle machine.
    testTimeout: 60_000,
    hookTimeout: 30_000,
    reporters: [
      "default",
      new SummaryReporter("the tests that need Kafka brokers are left out: npm run test:kafka"),
    ],
    // `#foldback/…` in a test means the build: Node loads it as it stands, untransformed.
    server: { deps: { external: [/\/dist\//] } },
  },
});
