/**
 * A vitest reporter that says one thing, as the last line of all: `N passed, N failed[, N skipped]`; before it,
 * where there is anything of the kind, what this run does not have.
 */
import { writeSync } from "node:fs";

export class SummaryReporter {
  /** @type {{ passed: number, failed: number, skipped: number } | null} */
  #counts = null;
  /** @type {string} */
  #leftOut;

  /** @param {string} [leftOut] a sentence without its full stop */
  constructor(leftOut = "") {
    this.#leftOut = leftOut;
  }

  // Not in the constructor: other tools load vitest.config.ts too, only to look into it.
  onInit() {
    // On exit, as the default reporter and vitest itself still write after the tests have ended.
    process.on("exit", (code) => {
      // A run that died before its end has failed, also when no test had the time to.
      const { passed, failed, skipped } = this.#counts ?? { passed: 0, failed: 0, skipped: 0 };
      const failures = code !== 0 && failed === 0 ? 1 : failed;
      const tail = skipped > 0 ? `, ${skipped} skipped` : "";
      if (this.#leftOut !== "") writeSync(1, `${this.#leftOut}\n`);
      writeSync(1, `${passed} passed, ${failures} failed${tail}\n`);
    });
  }

  /**
   * @param {ReadonlyArray<import("vitest/node").TestModule>} modules
   * @param {ReadonlyArray<unknown>} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        // Pending: its file ended before it ran.
        if (state === "pending") counts.failed++;
        else counts[state]++;
      }
      // A file or a `describe` that throws has tests that never came to be: one failure each.
      if (module.errors().length > 0) counts.failed++;
      for (const suite of module.children.allSuites())
        if (suite.errors().length > 0) counts.failed++;
    }
    this.#counts = counts;
  }
}
