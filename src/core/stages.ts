/**
 * Is told what a piece of work spends its time on, one stage after the other. Nobody is there to be told, mostly:
 * then it costs a comparison with undefined.
 */
export interface Stages {
  /** A stage begins; the one before ends. */
  begin(stage: string): void;
}
