import { ByteReader, type ByteWriter, type Ordered, OrderedMap } from "../../core/index.ts";
import type { SnapshotSink, SnapshotSource } from "../../event/index.ts";
import { type MetricName, metricNames } from "./settings.ts";

/** What measuring needs of a definition that the log has. */
export interface MeasuredDefinition {
  readonly windowSeconds: number;
  /** Accounts beyond are not measured. */
  readonly accountsMax: number;
  readonly variants: readonly { readonly name: string; readonly weight: number }[];
}

/** Of an account's values of a metric, one observation each. */
export interface MetricSummary {
  readonly mean: number;
  /** Σ (x − mean)². */
  readonly squaredDeviations: number;
}

export interface VariantOutcomes {
  readonly name: string;
  readonly weight: number;
  /** Accounts that were served a list of it; lists that they were served. */
  readonly accounts: number;
  readonly exposures: number;
  /** Of the accounts, those whose window is over: what the metrics are of. */
  readonly measured: number;
  readonly metrics: Readonly<Record<MetricName, MetricSummary>>;
}

export interface ExperimentOutcomes {
  readonly definition: string;
  readonly windowSeconds: number;
  /** Log time, epoch milliseconds, from when on it is measured. */
  readonly since: number;
  readonly variants: readonly VariantOutcomes[];
  /** Lists to accounts beyond `accountsMax`, of which nothing is counted. */
  readonly beyondExposures: number;
}

/** What an account did in its window. */
interface Unit extends Ordered {
  readonly variant: number;
  /** Log time of its first list. */
  readonly at: number;
  /** Lists, the ones after its window as well. */
  exposures: number;
  requests: number;
  actions: number;
  /** In units of `worthUnit`. */
  worth: number;
}

/** Sums over the accounts of a variant. */
interface Sums {
  accounts: number;
  exposures: number;
  measured: number;
  /** (metrics,): of the values, in the metric's unit, and of their squares. */
  readonly values: bigint[];
  readonly squares: bigint[];
}

/** Weights are kept to a millionth, so that sums are whole numbers: exact, in any order, and can be taken back. */
const worthUnit = 2 ** -20;
const unitOf: Readonly<Record<MetricName, number>> = {
  acted: 1,
  actions: 1,
  worth: worthUnit,
  requests: 1,
};

/**
 * One experiment as it is measured: each account that was served, once, by what it did in the window after its first
 * list. A value counts once its window is over and it can't change any more: as the test wants its observations.
 *
 * Memory: about 250 bytes an account, up to `accountsMax` of them. Beyond, accounts are not measured, whichever variant
 * they have: what is measured stays a fair sample. O(1) a record.
 */
export class MeasuredExperiment {
  readonly definition: string;
  readonly #since: number;
  readonly #measure: MeasuredDefinition;
  readonly #windowMs: number;
  readonly #sums: readonly Sums[];
  /** In the order of their first lists, which is that in which their windows end. */
  readonly #open = new OrderedMap<Unit>({ save: saveUnit, restore: restoreUnit });
  /** Those whose windows are over: they are no news when they come again. */
  readonly #over = new OrderedMap<Unit>({ save: saveUnit, restore: restoreUnit });
  #beyondExposures = 0;

  constructor(definition: string, since: number) {
    this.definition = definition;
    this.#since = since;
    this.#measure = JSON.parse(definition) as MeasuredDefinition; // written by `experimentSetOf`
    this.#windowMs = this.#measure.windowSeconds * 1000;
    this.#sums = this.#measure.variants.map(() => ({
      accounts: 0,
      exposures: 0,
      measured: 0,
      values: metricNames.map(() => 0n),
      squares: metricNames.map(() => 0n),
    }));
  }

  outcomes(): ExperimentOutcomes {
    return {
      definition: this.definition,
      windowSeconds: this.#measure.windowSeconds,
      since: this.#since,
      beyondExposures: this.#beyondExposures,
      variants: this.#measure.variants.map(({ name, weight }, variant) => {
        const { accounts, exposures, measured } = this.#sums[variant];
        const metrics = summariesOf(this.#sums[variant]);
        return { name, weight, accounts, exposures, measured, metrics };
      }),
    };
  }

  /** Before anything else of a record. */
  endWindows(logTime: number): void {
    for (let unit = this.#open.oldest; unit !== undefined; unit = this.#open.oldest) {
      if (unit.at + this.#windowMs > logTime) return;
      this.#open.delete(unit);
      this.#over.add(unit);
      this.#count(unit, 1);
    }
  }

  /** A list was served. @returns whether the variant is one of this experiment. */
  expose(account: string, variant: string, logTime: number): boolean {
    const index = this.#measure.variants.findIndex(({ name }) => name === variant);
    if (index < 0) return false;
    const [map, known] = this.#find(account);
    if (known !== undefined) {
      map.keep(known);
      known.exposures++;
      if (map === this.#open) known.requests++;
      this.#sums[known.variant].exposures++;
    } else if (this.#open.size + this.#over.size >= this.#measure.accountsMax) {
      this.#beyondExposures++;
    } else {
      const counts = { exposures: 1, requests: 1, actions: 0, worth: 0 };
      this.#open.add({ key: account, order: 0, variant: index, at: logTime, ...counts });
      this.#sums[index].accounts++;
      this.#sums[index].exposures++;
    }
    return true;
  }

  /** Feedback of that weight, in the account's window or not. */
  act(account: string, weight: number): void {
    const unit = this.#open.get(account);
    if (unit === undefined) return;
    this.#open.keep(unit);
    if (weight > 0) unit.actions++;
    unit.worth += Math.round(weight / worthUnit);
  }

  /** As if it had never been served. */
  forget(account: string): void {
    const [map, unit] = this.#find(account);
    if (unit === undefined) return;
    const sums = this.#sums[unit.variant];
    map.delete(unit);
    sums.accounts--;
    sums.exposures -= unit.exposures;
    if (map === this.#over) this.#count(unit, -1);
  }

  saveHead(writer: ByteWriter): void {
    writer.text(this.definition);
    writer.f64(this.#since);
    writer.f64(this.#beyondExposures);
    for (const { accounts, exposures, measured, values, squares } of this.#sums) {
      for (const count of [accounts, exposures, measured]) writer.f64(count);
      for (const sum of [...values, ...squares]) writer.text(String(sum));
    }
  }

  static restore(reader: ByteReader): MeasuredExperiment {
    const experiment = new MeasuredExperiment(reader.text(), reader.f64());
    experiment.#beyondExposures = reader.f64();
    for (const sums of experiment.#sums) {
      sums.accounts = reader.f64();
      sums.exposures = reader.f64();
      sums.measured = reader.f64();
      for (const list of [sums.values, sums.squares]) {
        for (const metric of metricNames.keys()) list[metric] = BigInt(reader.text());
      }
    }
    return experiment;
  }

  /** @param section prefix of the names that are this experiment's alone. */
  saveAccounts(sink: SnapshotSink, section: string): void {
    sink.writeParts(`${section}.open`, this.#open.parts());
    sink.writeParts(`${section}.over`, this.#over.parts());
  }

  restoreAccounts(source: SnapshotSource, section: string): void {
    restoreUnits(source, `${section}.open`, this.#open);
    restoreUnits(source, `${section}.over`, this.#over);
  }

  #find(account: string): readonly [OrderedMap<Unit>, Unit | undefined] {
    const open = this.#open.get(account);
    return open === undefined ? [this.#over, this.#over.get(account)] : [this.#open, open];
  }

  #count(unit: Unit, sign: 1 | -1): void {
    const sums = this.#sums[unit.variant];
    sums.measured += sign;
    for (const [metric, name] of metricNames.entries()) {
      const value = BigInt(valueOf(unit, name));
      sums.values[metric] += BigInt(sign) * value;
      sums.squares[metric] += BigInt(sign) * value * value;
    }
  }
}

/** In the metric's unit: a whole number. */
function valueOf(unit: Unit, metric: MetricName): number {
  return metric === "acted" ? Number(unit.actions > 0) : unit[metric];
}

function summariesOf({ measured, values, squares }: Sums): Record<MetricName, MetricSummary> {
  const count = BigInt(measured);
  const entries = metricNames.map((name, metric): [MetricName, MetricSummary] => {
    // In whole numbers until the last step: nothing cancels.
    const deviations = count * squares[metric] - values[metric] * values[metric];
    const unit = unitOf[name];
    const mean = (Number(values[metric]) / measured) * unit;
    const squaredDeviations = measured === 0 ? 0 : (Number(deviations) / measured) * unit * unit;
    return [name, { mean, squaredDeviations }];
  });
  return Object.fromEntries(entries) as Record<MetricName, MetricSummary>; // one for each
}

function saveUnit(writer: ByteWriter, unit: Unit): void {
  writer.text(unit.key);
  writer.u32(unit.variant);
  for (const value of [unit.at, unit.exposures, unit.requests, unit.actions, unit.worth])
    writer.f64(value);
}

function restoreUnit(reader: ByteReader): Unit {
  return {
    key: reader.text(),
    order: 0,
    variant: reader.u32(),
    at: reader.f64(),
    exposures: reader.f64(),
    requests: reader.f64(),
    actions: reader.f64(),
    worth: reader.f64(),
  };
}

function restoreUnits(source: SnapshotSource, section: string, units: OrderedMap<Unit>): void {
  const reader = new ByteReader(source.read(section), section);
  units.restore(reader);
  reader.end();
}
