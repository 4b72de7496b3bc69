/** What static models are fitted to: dense columns of numbers, all of one length. */
export interface Columns {
  /** (columns,): what each one is, as `item.rate`. */
  readonly names: readonly string[];
  readonly rowCount: number;
  /** (columns,) of (rows,), finite. */
  readonly values: readonly Float64Array[];
}

export interface LabelledColumns {
  readonly columns: Columns;
  /** 0 to 1, (rows,). */
  readonly labels: Float64Array;
  /** Above 0, (rows,). */
  readonly weights: Float64Array;
}

/** Some of the rows, in the order of `rows`. */
export function rowsOf(
  { columns, labels, weights }: LabelledColumns,
  rows: Uint32Array,
): LabelledColumns {
  const pick = (from: Float64Array): Float64Array => Float64Array.from(rows, (row) => from[row]);
  return {
    columns: {
      names: columns.names,
      rowCount: rows.length,
      values: columns.values.map(pick),
    },
    labels: pick(labels),
    weights: pick(weights),
  };
}

/** Σ w x / Σ w. */
export function weightedMean(values: Float64Array, weights: Float64Array): number {
  let [sum, total] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    sum += weights[i] * values[i];
    total += weights[i];
  }
  return sum / total;
}
