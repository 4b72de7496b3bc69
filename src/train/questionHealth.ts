import type { ByteReader, ByteWriter } from "../core/index.ts";
import { Adwin } from "./adwin.ts";
import { type Alarm, type AlarmKind, alarmKinds, type Question } from "./alarms.ts";
import { type AskAgain, keepEvery, Overfitting, type OverfittingStats } from "./overfitting.ts";
import { SlidingMetrics, type WindowMetrics } from "./slidingMetrics.ts";

export interface HealthOptions {
  /** An alarm when the log loss rises by this share of that of the mean label; 0 or more. */
  readonly driftRise: number;
  /** An alarm when what was learned has a log loss lower by this share than what was not yet; 0 or more. */
  readonly overfittingGap: number;
  /** An alarm when predictions are this many times too high or too low on average; 1 or more. */
  readonly calibrationRatio: number;
}

/** Of one question that the model is asked. */
export interface QuestionHealth {
  /** Examples that were observed, and steps: those of one group are one. */
  readonly examples: number;
  readonly steps: number;
  /** Examples whose prediction was no number; they are in no window. */
  readonly notFinite: number;
  /** Over the latest 1,000, 10,000 and 100,000 examples. */
  readonly windows: readonly WindowMetrics[];
  /**
   * The latest steps over which the model has been as good as now, and their mean log loss as a multiple
   * of that of the mean label; not there before the first.
   */
  readonly steady: { readonly steps: number; readonly normalisedEntropy?: number };
  readonly overfitting: OverfittingStats;
  /** How many there were, by kind. */
  readonly alarms: Readonly<Record<AlarmKind, number>>;
}

/** Where in the log a step is of. */
export interface StepMoment {
  readonly offset: number;
  readonly logTime: number;
}

/** What moves now, and what stands. The largest takes 2 MB. */
const windowSizes = [1000, 10_000, 100_000];
/**
 * The mean label that the model has to beat forgets with each example: it is one of the latest 1,000. With
 * 10,000 it lags behind the hours of a day, and the model seems to lead by more, then by less.
 */
const baseKept = 1 - 1 / 1000;
/** It is never closer to 0 or 1 than this: else next to no loss would be many times the entropy. */
const meanMin = 0.001;
/** The detector takes values from 0 to 1: a step's loss above the base, from −10 to 10 times the entropy. */
const excessMax = 10;
/** Four times as seldom as is usual: a look costs as much as a hundred values, and a change takes hundreds. */
const driftLookEvery = 128;
/** As its authors have it. Tests measure what it comes to. */
const driftDelta = 0.002;
/** Pairs before overfitting is judged, and between two judgements. */
const overfittingPairsMin = 128;
const overfittingPairsEvery = 16;
/** Steps between two looks at the largest window, which cost some microseconds. */
const windowEvery = 1024;
/** A log loss of so many times that of the mean: a little above 1 is a model that knows nothing yet. */
const worseBound = 1.1;
/** Of a gap or a ratio: what chance explains is left out of the verdict. */
const standardErrors = 3;
/** So many predictions in a row that are numbers, and the next that is none is told again. */
const finiteMin = 10_000;

/**
 * The health of one question: metrics over sliding windows, and five detectors.
 *
 * - *Drift*: ADWIN over the steps' losses cuts its window, and after the cut they are higher by `driftRise`. A
 *   loss that falls is learning, and no alarm. What is followed is the loss above that of the mean label of
 *   the latest 1,000 examples, as a share of the entropy of that mean (the normalised entropy, less 1):
 *   how many of the shown items are acted on goes up and down with the hour, and the loss with it, while
 *   the model is as good as ever.
 * - *Overfitting*: `Overfitting`, with the gap as a share of the validation loss.
 * - *Calibration*: mean prediction against mean label over the largest window, once that is full.
 * - *Worse than the mean*: the log loss of the largest window, once that is full, is 1.1 times that of its mean.
 * - *Not finite*: a prediction that is no number.
 *
 * The last four are told when they begin, and again only when they have ended in between.
 */
export class QuestionMonitor {
  readonly #question: Question;
  readonly #options: HealthOptions;
  readonly #askAgain: AskAgain;
  readonly #raise: (alarm: Alarm) => void;
  readonly #metrics = new SlidingMetrics(windowSizes);
  readonly #drift = new Adwin({ delta: driftDelta, lookEvery: driftLookEvery });
  readonly #overfitting = new Overfitting();
  readonly #alarms: Record<AlarmKind, number> = {
    drift: 0,
    overfitting: 0,
    calibration: 0,
    worseThanMean: 0,
    notFinite: 0,
  };
  #stepCount = 0;
  #stepLoss = 0;
  /** Decayed sums of labels and of weights; at first as if there had been one example, half a positive. */
  #labels = 0.5;
  #weights = 1;
  #notFiniteCount = 0;
  /** Examples since the last whose prediction was no number. */
  #finiteCount = finiteMin;
  #isOverfitting = false;
  #isOff = false;
  #isWorse = false;

  constructor(parts: {
    question: Question;
    options: HealthOptions;
    askAgain: AskAgain;
    raise: (alarm: Alarm) => void;
  }) {
    this.#question = parts.question;
    this.#options = parts.options;
    this.#askAgain = parts.askAgain;
    this.#raise = parts.raise;
  }

  /** As `Health.observe`, for this question. */
  observe(
    logits: ArrayLike<number>,
    targets: ArrayLike<number>,
    count: number,
    moment: StepMoment,
  ): boolean {
    const mean = this.#meanLabel();
    const positiveLoss = -Math.log(mean);
    const negativeLoss = -Math.log(1 - mean);
    let loss = 0;
    let baseLoss = 0;
    let weights = 0;
    for (let i = 0; i < count; i++) {
      const label = targets[i * 3];
      const weight = targets[i * 3 + 1];
      if (weight <= 0) continue;
      const logit = logits[i] + targets[i * 3 + 2];
      if (Number.isFinite(logit)) {
        loss += weight * this.#metrics.add(logit, label, weight);
        this.#labels = this.#labels * baseKept + label * weight;
        this.#weights = this.#weights * baseKept + weight;
        baseLoss += weight * (label * positiveLoss + (1 - label) * negativeLoss);
        this.#finiteCount++;
      } else {
        loss = Number.NaN;
        this.#meetNotFinite(moment);
      }
      weights += weight;
    }
    this.#stepLoss = loss / weights;
    if (!Number.isFinite(this.#stepLoss)) return false;
    this.#stepCount++;
    const entropy = mean * positiveLoss + (1 - mean) * negativeLoss;
    this.#lookForDrift((this.#stepLoss - baseLoss / weights) / entropy, moment);
    if (this.#stepCount % windowEvery === 0) this.#lookAtWindow(moment);
    return this.#stepCount % keepEvery === 0;
  }

  /** About as many bytes as `save` writes. */
  get sizeBytes(): number {
    return this.#metrics.sizeBytes + 65_536;
  }

  /** As `Health.keep`, for this question. */
  keep(features: Uint8Array, targets: Float32Array, moment: StepMoment): void {
    this.#overfitting.keep(this.#stepLoss, features, targets, this.#askAgain);
    const { pairCount } = this.#overfitting;
    if (pairCount < overfittingPairsMin || pairCount % overfittingPairsEvery !== 0) return;
    const { validationLoss = 0, trainingLoss = 0, gapError = 0, pairs } = this.#overfitting.stats();
    const beyond = validationLoss - trainingLoss - this.#options.overfittingGap * validationLoss;
    if (beyond <= 0) this.#isOverfitting = false;
    if (this.#isOverfitting || beyond <= standardErrors * gapError) return;
    this.#isOverfitting = true;
    this.#tell({
      kind: "overfitting",
      ...this.#at(moment),
      validationLoss,
      trainingLoss,
      steps: pairs,
    });
  }

  stats(): QuestionHealth {
    const { count, mean } = this.#drift;
    return {
      examples: this.#metrics.count + this.#notFiniteCount,
      steps: this.#stepCount,
      notFinite: this.#notFiniteCount,
      windows: windowSizes.map((_, window) => this.#metrics.measure(window)),
      steady: { steps: count, ...(count > 0 && { normalisedEntropy: entropyOf(mean) }) },
      overfitting: this.#overfitting.stats(),
      alarms: { ...this.#alarms },
    };
  }

  save(writer: ByteWriter): void {
    writer.f64(this.#stepCount);
    writer.f64(this.#stepLoss);
    writer.f64(this.#labels);
    writer.f64(this.#weights);
    writer.f64(this.#notFiniteCount);
    writer.f64(this.#finiteCount);
    writer.u32(Number(this.#isOverfitting));
    writer.u32(Number(this.#isOff));
    writer.u32(Number(this.#isWorse));
    for (const kind of alarmKinds) writer.f64(this.#alarms[kind]);
    this.#metrics.save(writer);
    this.#drift.save(writer);
    this.#overfitting.save(writer);
  }

  restore(reader: ByteReader): void {
    this.#stepCount = reader.f64();
    this.#stepLoss = reader.f64();
    this.#labels = reader.f64();
    this.#weights = reader.f64();
    this.#notFiniteCount = reader.f64();
    this.#finiteCount = reader.f64();
    this.#isOverfitting = reader.u32() === 1;
    this.#isOff = reader.u32() === 1;
    this.#isWorse = reader.u32() === 1;
    for (const kind of alarmKinds) this.#alarms[kind] = reader.f64();
    this.#metrics.restore(reader);
    this.#drift.restore(reader);
    this.#overfitting.restore(reader);
  }

  /** Of the latest examples. */
  #meanLabel(): number {
    return Math.min(1 - meanMin, Math.max(meanMin, this.#labels / this.#weights));
  }

  /** @param normalisedExcess the step's loss above that of the mean label, as a share of the label's entropy. */
  #lookForDrift(normalisedExcess: number, moment: StepMoment): void {
    const value = normalisedExcess / excessMax / 2 + 0.5;
    const cut = this.#drift.add(Math.min(1, Math.max(0, value)));
    if (cut === undefined) return;
    const [before, after] = [entropyOf(cut.before), entropyOf(cut.after)];
    if (after <= before + this.#options.driftRise) return;
    // Else the same change would be found again, as more of it comes.
    this.#drift.clear();
    this.#tell({ kind: "drift", ...this.#at(moment), before, after, steps: cut.keptCount });
  }

  #lookAtWindow(moment: StepMoment): void {
    const window = this.#metrics.measure(windowSizes.length - 1);
    if (window.examples < window.size) return;
    this.#lookAtCalibration(window, moment);
    const { normalisedEntropy = 0, logLoss = 0, baseLogLoss = 0, examples } = window;
    if (normalisedEntropy <= 1) this.#isWorse = false;
    if (this.#isWorse || normalisedEntropy <= worseBound) return;
    this.#isWorse = true;
    this.#tell({ kind: "worseThanMean", ...this.#at(moment), logLoss, baseLogLoss, examples });
  }

  #lookAtCalibration(window: WindowMetrics, moment: StepMoment): void {
    const { predicted = 0, observed = 0, examples } = window;
    // Of how many positives there are, and were foretold; a half more of each, as there may be none.
    const [expectedCount, count] = [predicted * examples + 0.5, observed * examples + 0.5];
    const off = Math.abs(Math.log(expectedCount / count));
    const bound = Math.log(this.#options.calibrationRatio);
    if (off <= bound) this.#isOff = false;
    // The logarithm of a count of rare things has a standard error of 1 / √count.
    if (this.#isOff || off <= bound + standardErrors / Math.sqrt(count)) return;
    this.#isOff = true;
    this.#tell({ kind: "calibration", ...this.#at(moment), predicted, observed, examples });
  }

  #meetNotFinite(moment: StepMoment): void {
    this.#notFiniteCount++;
    if (this.#finiteCount >= finiteMin) this.#tell({ kind: "notFinite", ...this.#at(moment) });
    this.#finiteCount = 0;
  }

  #at({ offset, logTime }: StepMoment): StepMoment & { readonly question: Question } {
    return { question: this.#question, offset, logTime };
  }

  #tell(alarm: Alarm): void {
    this.#alarms[alarm.kind]++;
    this.#raise(alarm);
  }
}

/** The normalised entropy that the detector's value, from 0 to 1, stands for. */
function entropyOf(value: number): number {
  return 1 + (value - 0.5) * 2 * excessMax;
}
