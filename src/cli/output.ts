/** What all commands share in how they speak. */

/** Grouped thousands, as 1,234,567. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}

/** Of what may be in parts: whole numbers as counts, others with two decimals. */
export function formatAmount(amount: number): string {
  return Number.isInteger(amount) ? formatCount(amount) : amount.toFixed(2);
}

export function formatRate(value: number | null): string {
  return value === null ? "–" : value.toFixed(4);
}

export function formatSeconds(seconds: number): string {
  return seconds < 10 ? `${seconds.toFixed(2)} s` : `${seconds.toFixed(1)} s`;
}

/** What is left of the time, by how fast it went; nothing before that can be told. */
export function formatRemaining(done: number, left: number, seconds: number): string {
  if (done <= 0 || seconds < 1) return "";
  return `, about ${formatSeconds((left / done) * seconds)} left`;
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, undefined, 2));
}

/** Columns of text: the first to the left, the others to the right. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
        )
        .join("  "),
    )
    .join("\n");
}

/** A line on the terminal that replaces itself; silent where standard error is none. */
export class ProgressLine {
  readonly #isShown: boolean;
  #shownMs = 0;
  #hasLine = false;

  constructor(isShown: boolean) {
    this.#isShown = isShown && process.stderr.isTTY;
  }

  /** At most ten times a second. */
  show(text: () => string): void {
    const now = performance.now();
    if (!this.#isShown || now - this.#shownMs < 100) return;
    this.#shownMs = now;
    this.#hasLine = true;
    process.stderr.write(`\r\u001b[K${text()}`);
  }

  clear(): void {
    if (this.#hasLine) process.stderr.write("\r\u001b[K");
    this.#hasLine = false;
  }
}
