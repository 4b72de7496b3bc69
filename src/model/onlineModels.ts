/** The three online models behind one door: made, shared and attached by their kind. */
import type { Arena } from "../embedding/index.ts";
import {
  DeepFactorisationMachine,
  type DeepFactorisationMachineOptions,
  type SharedDeepFactorisationMachine,
} from "./deepFm.ts";
import {
  FactorisationMachine,
  type FactorisationMachineOptions,
  type SharedFactorisationMachine,
} from "./factorisationMachine.ts";
import {
  LogisticRegression,
  type LogisticRegressionOptions,
  type SharedLogisticRegression,
} from "./logisticRegression.ts";
import type { OnlineModel } from "./onlineModel.ts";

export type OnlineModelSettings =
  | ({ readonly kind: "logistic" } & LogisticRegressionOptions)
  | ({ readonly kind: "fm" } & FactorisationMachineOptions)
  | ({ readonly kind: "deepfm" } & DeepFactorisationMachineOptions);

/** What another thread needs to attach. */
export type SharedOnlineModel =
  | { readonly kind: "logistic"; readonly shared: SharedLogisticRegression }
  | { readonly kind: "fm"; readonly shared: SharedFactorisationMachine }
  | { readonly kind: "deepfm"; readonly shared: SharedDeepFactorisationMachine };

/** @throws FoldbackError CONFIG_INVALID, naming the option; TABLE_FULL when the arena has no room. */
export function createOnlineModel(
  arena: Arena,
  settings: OnlineModelSettings,
): { readonly model: OnlineModel; readonly share: () => SharedOnlineModel } {
  switch (settings.kind) {
    case "logistic": {
      const model = LogisticRegression.create(arena, settings);
      return { model, share: () => ({ kind: "logistic", shared: model.share() }) };
    }
    case "fm": {
      const model = FactorisationMachine.create(arena, settings);
      return { model, share: () => ({ kind: "fm", shared: model.share() }) };
    }
    case "deepfm": {
      const model = DeepFactorisationMachine.create(arena, settings);
      return { model, share: () => ({ kind: "deepfm", shared: model.share() }) };
    }
  }
}

/** The same model, to predict with from another thread, or another place of this one. */
export function attachOnlineModel(arena: Arena, { kind, shared }: SharedOnlineModel): OnlineModel {
  switch (kind) {
    case "logistic":
      return LogisticRegression.attach(arena, shared);
    case "fm":
      return FactorisationMachine.attach(arena, shared);
    case "deepfm":
      return DeepFactorisationMachine.attach(arena, shared);
  }
}
