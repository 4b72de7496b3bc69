import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { SummaryReporter } from "../scripts/summary-reporter.mjs";

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Tests of the page in a real browser: `npm run test:browser`. */
export default defineConfig({
  // As in the build, and for its reason: src/core/typebox.ts.
  resolve: {
    alias: [{ find: /^typebox(\/value)?$/, replacement: path("../dist/core/typebox.js") }],
  },
  test: {
    root: path(".."),
    include: ["dashboard/test/**/*.test.ts"],
    pool: "forks",
    // A browser takes more than one core; two at a time make both slow.
    fileParallelism: false,
    isolate: false,
    // Twenty times what they take on an idle machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    reporters: ["default", new SummaryReporter()],
    server: { deps: { external: [/\/dist\//] } },
  },
});
