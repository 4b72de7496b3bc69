/** A DeepFM in parts, for tests that look at its memory. */
import { Arena } from "../embedding/index.ts";
import { layout, type twin } from "../kernels/index.ts";
import { DeepKernel } from "../model/deepKernel.ts";
import { checkedDeep, type DeepOptions, denseLength } from "../model/deepOptions.ts";
import { DeepWorkspace } from "../model/deepWorkspace.ts";
import type { Example } from "../model/index.ts";
import { targetOf } from "../model/onlineModel.ts";
import type { FtrlParams, VectorParams } from "../model/params.ts";
import { type SlotOptions, Slots } from "../model/slots.ts";

export interface DeepMachineOptions extends DeepOptions {
  readonly dim: number;
  readonly slots: Readonly<Record<string, SlotOptions>>;
  readonly linear: FtrlParams;
  readonly vectors: VectorParams;
}

export function makeDeepMachine(options: DeepMachineOptions) {
  const { dim, slots: slotOptions, linear, vectors } = options;
  const arena = Arena.create({ sizeBytesMax: 16 * 1_048_576 });
  const initialiser = { kind: "normal", scale: 0.3 } as const;
  const slots = Slots.create(arena, slotOptions, { dim, seed: 1n, initialiser }, 12);
  const fieldCount = slots.list.length;
  const settings = checkedDeep(options, { dim, fieldCount, featureCountMax: 12 });
  const kernel = DeepKernel.create(arena, { settings, linear, vectors, seed: 1n });
  const workspace = new DeepWorkspace(arena, slots, settings);
  const { pointer } = kernel.share();
  const [denseAt] = arena.u32(pointer + layout.deepDenseAt, 1);
  return {
    arena,
    slots,
    settings,
    kernel,
    workspace,
    /** Of the control record. */
    pointer,
    /** Weights and optimiser state, in place. */
    dense: arena.f32(denseAt, denseLength(settings) * 2),
  };
}

export type DeepMachine = ReturnType<typeof makeDeepMachine>;

/** Fills the workspace with a minibatch, and takes its ids in. */
export function putMinibatch(
  { workspace, kernel }: DeepMachine,
  examples: readonly Example[],
): twin.TwinBatch {
  workspace.clear();
  const targets = workspace.targets();
  for (const [i, example] of examples.entries()) {
    workspace.add(example.features);
    const { label, weight, offset } = targetOf(example);
    targets.set([label, weight, offset], i * 3);
  }
  workspace.lookUp((table, keys, rows) => table.observe(keys, rows, 1));
  return {
    deep: kernel.share().pointer,
    workspace: workspace.pointer,
    featureCount: workspace.featureCount,
    examples: examples.length,
  };
}
