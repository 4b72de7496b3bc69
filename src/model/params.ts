/** Parameters of the optimisers, checked, and written to where the kernels read them. */
import { FoldbackError } from "../core/index.ts";
import { layout } from "../kernels/index.ts";

/** FTRL-proximal, for weights: McMahan et al., KDD 2013, Algorithm 1. */
export interface FtrlParams {
  /** Learning rate, above 0. */
  readonly alpha: number;
  /** Damps the first steps, 0 or more. */
  readonly beta: number;
  /** Keeps weights with little evidence at exactly 0. */
  readonly l1: number;
  /** Pulls weights towards 0. */
  readonly l2: number;
}

/** Adagrad, for vectors: Duchi, Hazan and Singer, JMLR 2011. */
export interface VectorParams {
  /** 0 or more; with 0 the vectors stay as they are. */
  readonly learningRate: number;
  /** Pulls the components of the features at hand towards 0. */
  readonly l2: number;
}

/** The bias moves with every example: FTRL without regularisation. */
export type BiasParams = Pick<FtrlParams, "alpha" | "beta">;

/** @param record the control record as f64. @throws FoldbackError CONFIG_INVALID. */
export function writeLinear(record: Float64Array, { alpha, beta, l1, l2 }: FtrlParams): void {
  record[(layout.fmLinearAt + layout.ftrlAlphaAt) / 8] = checkAbove0("linear.alpha", alpha);
  record[(layout.fmLinearAt + layout.ftrlBetaAt) / 8] = checkNotBelow0("linear.beta", beta);
  record[(layout.fmLinearAt + layout.ftrlL1At) / 8] = checkNotBelow0("linear.l1", l1);
  record[(layout.fmLinearAt + layout.ftrlL2At) / 8] = checkNotBelow0("linear.l2", l2);
}

export function writeBias(record: Float64Array, { alpha, beta }: BiasParams): void {
  record[layout.fmBiasAlphaAt / 8] = checkAbove0("bias.alpha", alpha);
  record[layout.fmBiasBetaAt / 8] = checkNotBelow0("bias.beta", beta);
}

export function writeVectors(record: Float64Array, { learningRate, l2 }: VectorParams): void {
  record[layout.fmVectorRateAt / 8] = checkNotBelow0("learningRate", learningRate);
  record[layout.fmVectorL2At / 8] = checkNotBelow0("l2", l2);
}

/** Of the ranking model: the rate of what signals are worth. */
export function writeSignalRate(record: Float64Array, signalLearningRate: number): void {
  record[layout.fmSignalRateAt / 8] = checkNotBelow0("signalLearningRate", signalLearningRate);
}

/** @throws FoldbackError CONFIG_INVALID unless vectors of this length can be. */
export function checkDim(name: string, dim: number): void {
  check(name, dim, {
    isAllowed: dim >= 0 && dim <= layout.dimMax && dim % 4 === 0,
    allowed: `multiples of 4 from 0 to ${layout.dimMax}`,
  });
}

export function checkWhole(name: string, value: number, min: number, max: number): void {
  check(name, value, {
    isAllowed: Number.isInteger(value) && value >= min && value <= max,
    allowed: `whole numbers from ${min} to ${max}`,
  });
}

/** Gives the value back. */
export function checkWithin(name: string, value: number, min: number, max: number): number {
  check(name, value, {
    isAllowed: value >= min && value <= max,
    allowed: `${min} to ${max}`,
  });
  return value;
}

/** Gives the value back. */
export function checkAbove0(name: string, value: number): number {
  check(name, value, { isAllowed: value > 0 && Number.isFinite(value), allowed: "above 0" });
  return value;
}

/** Gives the value back. */
export function checkNotBelow0(name: string, value: number): number {
  check(name, value, { isAllowed: value >= 0 && Number.isFinite(value), allowed: "0 or more" });
  return value;
}

function check(
  name: string,
  value: number,
  { isAllowed, allowed }: { readonly isAllowed: boolean; readonly allowed: string },
): void {
  if (isAllowed) return;
  throw new FoldbackError("CONFIG_INVALID", `${name} is ${value}; allowed: ${allowed}`, {
    details: { name, value },
  });
}
