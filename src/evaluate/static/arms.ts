/** Who takes part in the experiment, and what one seed of it is given and gives. */
import type { OnlineModel } from "../../model/index.ts";
import type { ExampleStream } from "../exampleStream.ts";
import type { Choice, StaticLearner } from "./staticModel.ts";
import type { StaticStream } from "./staticStream.ts";
import type { StratificationReport } from "./stratification.ts";

export interface SeedTask {
  readonly seed: number;
  readonly stream: ExampleStream;
  readonly view: StaticStream;
  readonly learners: readonly StaticLearner[];
  readonly makeModel: () => OnlineModel;
  /** The first step of the second part. */
  readonly from: number;
  readonly retrainDays: number;
  /** Milliseconds that a model looks back; Infinity for all. */
  readonly windowMs: number;
  readonly rowsMax: number;
  readonly onProgress: (what: string) => void;
}

/** Who was asked, and how: trained once, or each night; the online model learns on, or is left as it was. */
export interface Arm {
  readonly name: string;
  readonly kind: "online" | "once" | "nightly";
}

export interface SeedResult {
  readonly arms: readonly (Arm & {
    /** (asked,); NaN of those before the second part. */
    readonly probabilities: Float64Array;
    /** Mean seconds of a training; of the online model that learned on, of all its learning. */
    readonly trainingSeconds: number;
  })[];
  readonly choices: readonly (Choice & { readonly name: string; readonly knob?: string })[];
  readonly stratification: StratificationReport | undefined;
  /** Examples known when the second part began, and of the last night. */
  readonly known: { readonly first: number; readonly last: number };
  /** What the nightly query splits by: the slot whose shares are best on the validation part, or none. */
  readonly segment: string | undefined;
}
