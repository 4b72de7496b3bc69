import type { Feature } from "../model/index.ts";

/**
 * What a stream of events says to a model of labels, in the order of the log: first it is *asked*, with the
 * features of that moment; what came of it is *taught* then or later, once or more often.
 */
export type ExampleStep = ExampleAsked | ExampleTaught;

/** Something happened whose label is to be foretold: an item was shown, or rated. */
export interface ExampleAsked {
  readonly kind: "asked";
  /** 0, 1, …: in the order of asking. */
  readonly index: number;
  /** Event time, epoch milliseconds. */
  readonly time: number;
  readonly features: readonly Feature[];
}

/** The label of an example that was asked about is known, or known better. */
export interface ExampleTaught {
  readonly kind: "taught";
  /** Of the `ExampleAsked`. */
  readonly index: number;
  /** Log time when it became known, epoch milliseconds; never goes back. */
  readonly time: number;
  /** As they were asked with. */
  readonly features: readonly Feature[];
  /** 0 to 1. */
  readonly label: number;
  /** Above 0. */
  readonly weight: number;
  /** Weight of the 0 that the same example has taught before, and that was none; 0 mostly. */
  readonly takeBack: number;
}
