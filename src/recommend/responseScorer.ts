import {
  ExampleFeatures,
  type FeatureMoment,
  type SlotRules,
  type StreamState,
} from "../features/index.ts";
import { type OnlineModel, sigmoid } from "../model/index.ts";

/** Foretells of items that are about to be shown how likely each is acted on. */
export class ResponseScorer {
  readonly #state: StreamState;
  readonly #model: OnlineModel;
  readonly #features: ExampleFeatures;
  readonly #toProbability: (logit: number) => number;

  /**
   * @param slots those of the model.
   * @param toProbability what a logit of it means; default σ.
   * @throws FoldbackError CONFIG_INVALID for an unknown source of a slot.
   */
  constructor(
    state: StreamState,
    model: OnlineModel,
    slots: SlotRules,
    toProbability: (logit: number) => number = sigmoid,
  ) {
    this.#state = state;
    this.#model = model;
    this.#features = new ExampleFeatures(state, slots);
    this.#toProbability = toProbability;
  }

  /**
   * Of a list at the moment, by index of the items, at their places in it: (items,), each 0 to 1. Undefined
   * as long as the model has learned nothing, and would say 1/2 of everything.
   */
  probabilities(moment: FeatureMoment, list: ArrayLike<number>): Float64Array | undefined {
    if (this.#model.predictOne([]) === 0) return undefined; // the bias moves with the first example
    const { items } = this.#state;
    this.#features.begin(moment, list.length);
    const asked = Array.from(list, (index, position) =>
      this.#features.of({ index, id: items.idOf(index) }, position),
    );
    return this.#model.predictBatch(asked).map(this.#toProbability);
  }
}
