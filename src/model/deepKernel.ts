import { ByteReader, ByteWriter, FoldbackError, hash64, Random } from "../core/index.ts";
import {
  type Arena,
  initialStateOf,
  type SectionSink,
  type SectionSource,
  stateCountOf,
  writeOptimiser,
} from "../embedding/index.ts";
import { layout } from "../kernels/index.ts";
import { type DeepSettings, denseLength, denseRate, layerWidths } from "./deepOptions.ts";
import type { DeepWorkspace } from "./deepWorkspace.ts";
import {
  type FtrlParams,
  type VectorParams,
  writeBias,
  writeLinear,
  writeVectors,
} from "./params.ts";

export interface DeepKernelOptions {
  readonly settings: DeepSettings;
  readonly linear: FtrlParams;
  readonly vectors: VectorParams;
  /** Decides where the dense weights start, and the masks. */
  readonly seed: bigint;
}

/** What another thread needs to attach. */
export interface SharedDeepKernel {
  readonly pointer: number;
  readonly settings: DeepSettings;
}

/**
 * The bias and the dense part of a DeepFM in an arena's memory, and its steps over minibatches whose
 * rows were found before. Formula and bytes: kernels/assembly/deep.ts.
 *
 * Weights start uniform in ±√(6 / depth), biases at 0, the output's weights as those of a layer.
 * Source: He et al., "Delving deep into rectifiers", ICCV 2015, equation 10.
 */
export class DeepKernel {
  readonly settings: DeepSettings;
  readonly #arena: Arena;
  readonly #pointer: number;
  readonly #bias: Float64Array;
  /** Examples learned, and steps taken. */
  readonly #counts: BigUint64Array;
  /** Weights, then the optimiser's state. */
  readonly #dense: Float32Array;

  private constructor(arena: Arena, { pointer, settings }: SharedDeepKernel) {
    this.#arena = arena;
    this.#pointer = pointer;
    this.settings = settings;
    this.#bias = arena.f64(pointer + layout.fmBiasAt, 3);
    this.#counts = arena.u64(pointer + layout.deepExamplesAt, 2);
    const [address] = arena.u32(pointer + layout.deepDenseAt, 1);
    this.#dense = arena.f32(address, denseFloats(settings));
  }

  /** @throws FoldbackError CONFIG_INVALID; TABLE_FULL when the arena has no room. */
  static create(arena: Arena, options: DeepKernelOptions): DeepKernel {
    const { settings, linear, vectors, seed } = options;
    const { pointer } = arena.allocate(layout.deepBytes);
    const words = arena.u32(pointer, layout.deepBytes / 4);
    const floats = arena.f32(pointer, layout.deepBytes / 4);
    const record = arena.f64(pointer, layout.deepBytes / 8);
    writeLinear(record, linear);
    writeBias(record, linear);
    writeVectors(record, vectors);
    const dense = arena.allocate(denseFloats(settings) * 4);
    words[layout.fmDimAt / 4] = settings.dim;
    words[layout.deepFieldsAt / 4] = settings.fieldCount;
    words[layout.deepLayersAt / 4] = settings.hiddenWidths.length;
    words.set(settings.hiddenWidths, layout.deepWidthsAt / 4);
    words[layout.deepDenseAt / 4] = dense.pointer;
    words[layout.deepLengthAt / 4] = denseLength(settings);
    floats[layout.deepL1At / 4] = settings.l1;
    floats[layout.deepL2At / 4] = settings.l2;
    // What is dropped is a whole number of 65,536ths, and the scale is exactly what it takes away.
    const keep = Math.round((1 - settings.dropout) * layout.deepKeepAll);
    words[layout.deepKeepAt / 4] = keep;
    floats[layout.deepScaleAt / 4] = layout.deepKeepAll / keep;
    arena.u64(pointer + layout.deepSeedAt, 1)[0] = hash64("dropout", seed);
    writeOptimiser(words, floats, layout.deepOptimiserAt, settings.optimiser);
    const kernel = new DeepKernel(arena, { pointer, settings });
    kernel.#start(seed);
    return kernel;
  }

  static attach(arena: Arena, shared: SharedDeepKernel): DeepKernel {
    return new DeepKernel(arena, shared);
  }

  share(): SharedDeepKernel {
    return { pointer: this.#pointer, settings: this.settings };
  }

  /** Writes the logits of the minibatch to the workspace. */
  predict({ pointer, featureCount, exampleCount }: DeepWorkspace): void {
    this.#arena.kernels.deepPredict(this.#pointer, pointer, featureCount, exampleCount);
  }

  /** One step; writes the logits from before it to the workspace. Learner only. */
  learn({ pointer, featureCount, exampleCount }: DeepWorkspace): void {
    const rate = denseRate(this.settings, Number(this.#counts[0]));
    this.#arena.kernels.deepLearn(this.#pointer, pointer, featureCount, exampleCount, rate);
  }

  /** Writes all that is not in the tables. */
  save(sink: SectionSink, slotNames: readonly string[]): void {
    const writer = new ByteWriter();
    writer.text(this.#shape(slotNames));
    writer.array(this.#bias);
    writer.array(this.#counts);
    sink.write("model.deep", writer.bytes().slice());
    const { buffer, byteOffset, byteLength } = this.#dense;
    sink.write("model.dense", new Uint8Array(buffer, byteOffset, byteLength).slice());
  }

  /** @throws FoldbackError DATA_CORRUPT; CONFIG_INVALID for a network of another shape. */
  restore(source: SectionSource, slotNames: readonly string[]): void {
    const reader = new ByteReader(source.read("model.deep"), "model.deep");
    const saved = reader.text();
    const bias = reader.array(Float64Array);
    const counts = reader.array(BigUint64Array);
    reader.end();
    const shape = this.#shape(slotNames);
    if (saved !== shape) {
      throw new FoldbackError(
        "CONFIG_INVALID",
        `the snapshot is of a network of ${saved}, this one is of ${shape}; use the options that it was saved under`,
      );
    }
    const dense = source.read("model.dense");
    const isWhole =
      bias.length === this.#bias.length &&
      counts.length === this.#counts.length &&
      dense.length === this.#dense.byteLength;
    if (!isWhole) {
      throw new FoldbackError(
        "DATA_CORRUPT",
        `section model.dense has ${dense.length} bytes; expected ${this.#dense.byteLength}; restore an earlier snapshot`,
      );
    }
    this.#bias.set(bias);
    this.#counts.set(counts);
    this.#dense.set(new Float32Array(dense.slice().buffer));
  }

  /** What must be the same for weights to mean the same. */
  #shape(slotNames: readonly string[]): string {
    const { dim, hiddenWidths, optimiser } = this.settings;
    return `slots ${slotNames.join(",")}, dim ${dim}, hiddenWidths ${hiddenWidths.join(",")}, ${optimiser.kind}`;
  }

  #start(seed: bigint): void {
    const random = new Random(Number(hash64("dense weights", seed) >> 11n));
    const widths = [...layerWidths(this.settings), 1];
    let at = 0;
    for (const [i, width] of widths.slice(1).entries()) {
      const bound = Math.sqrt(6 / widths[i]);
      // In the order of the bytes, which is that of the panels.
      for (let left = widths[i] * width; left > 0; left--)
        this.#dense[at++] = (random.uniform() * 2 - 1) * bound;
      if (i < this.settings.hiddenWidths.length) at += width;
    }
    const [first, second] = initialStateOf(this.settings.optimiser);
    this.#dense.fill(first, at, at * 2);
    this.#dense.fill(second, at * 2);
  }
}

/** Of the weights and their state. */
function denseFloats(settings: DeepSettings): number {
  return denseLength(settings) * (1 + stateCountOf(settings.optimiser));
}
