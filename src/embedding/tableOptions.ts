import { FoldbackError } from "../core/index.ts";
import { layout } from "../kernels/index.ts";
import type { Arena } from "./arena.ts";
import {
  checkedOptimiser,
  initialStateOf,
  type Optimiser,
  type OptimiserSettings,
  stateCountOf,
  writeOptimiser,
} from "./optimiser.ts";
import type { Initialiser, LinearOptions, TableOptions, VectorFormat } from "./tableTypes.ts";

/** The options with their defaults filled in. */
export type TableSettings = Required<Omit<TableOptions, "linear" | "optimiser">> & {
  readonly linear: Required<LinearOptions>;
  readonly optimiser: OptimiserSettings | "none";
};

const optimiserDefault: Optimiser = { kind: "adagrad", learningRate: 0.05 };
const linearDefault = { alpha: 0.1, beta: 1, l1: 0, l2: 0, initialAccumulator: 0 };
/** Rows are numbered in 31 bits. */
const idCountLimit = 2 ** 31 - 2;

/** @throws FoldbackError CONFIG_INVALID, naming the option. */
export function checkedOptions(options: TableOptions): TableSettings {
  const format = options.format ?? "f32";
  const optimiser = options.optimiser ?? (format === "f32" ? optimiserDefault : "none");
  const settings: TableSettings = {
    dim: options.dim,
    seed: BigInt.asUintN(64, options.seed),
    admitAfter: options.admitAfter ?? 1,
    admission: options.admission ?? "exact",
    ttlSeconds: options.ttlSeconds ?? 0,
    pendingTtlSeconds: options.pendingTtlSeconds ?? options.ttlSeconds ?? 0,
    idCountMax: options.idCountMax ?? idCountLimit,
    whenFull: options.whenFull ?? "refuse",
    initialiser: options.initialiser ?? initialiserDefault(format),
    optimiser: optimiser === "none" ? optimiser : checkedOptimiser(optimiser),
    linear: { ...linearDefault, ...options.linear },
    format,
    norms: options.norms ?? false,
    idCountExpected: options.idCountExpected ?? 200,
  };
  const { dim, linear, initialiser } = settings;
  check(Number.isInteger(dim) && dim % 4 === 0 && dim >= 0 && dim <= layout.dimMax, {
    name: "dim",
    value: dim,
    allowed: `multiples of 4 from 0 to ${layout.dimMax}`,
  });
  // Counts are kept in 32 bits.
  checkWhole("admitAfter", settings.admitAfter, 1, 0xffff_ffff);
  checkOneOf("admission", settings.admission, ["exact", "probabilistic"]);
  checkWhole("ttlSeconds", settings.ttlSeconds, 0, 0xffff_ffff);
  checkWhole("pendingTtlSeconds", settings.pendingTtlSeconds, 0, 0xffff_ffff);
  checkWhole("idCountMax", settings.idCountMax, 1, idCountLimit);
  checkOneOf("whenFull", settings.whenFull, ["refuse", "evictOldest"]);
  check(settings.whenFull === "refuse" || options.idCountMax !== undefined, {
    name: "idCountMax",
    value: undefined,
    allowed: `${settings.whenFull} needs a maximum: 1 to ${idCountLimit}`,
  });
  checkWhole("idCountExpected", settings.idCountExpected, 1, 0xffff_ffff);
  checkOneOf("format", format, ["f32", "f16", "int8"]);
  check(format === "f32" || optimiser === "none", {
    name: "optimiser",
    value: optimiser === "none" ? optimiser : optimiser.kind,
    allowed: `none, with the format ${format}, which only serves`,
  });
  check(format === "f32" || initialiser.kind === "zeros", {
    name: "initialiser",
    value: initialiser.kind,
    allowed: `zeros, with the format ${format}: its rows are assigned`,
  });
  check(format === "f32" || !settings.norms, {
    name: "norms",
    value: settings.norms,
    allowed: `false, with the format ${format}`,
  });
  checkNumber("linear.alpha", linear.alpha, linear.alpha > 0, "above 0");
  for (const name of ["beta", "l1", "l2", "initialAccumulator"] as const) {
    checkNumber(`linear.${name}`, linear[name], linear[name] >= 0, "0 or more");
  }
  const scale = scaleOf(initialiser);
  checkNumber("initialiser", scale, true, "a finite scale or value");
  return settings;
}

function initialiserDefault(format: VectorFormat): Initialiser {
  return format === "f32" ? { kind: "uniform", scale: 0.05 } : { kind: "zeros" };
}

/** What decides the bytes of a row, as the kernel that makes a table takes it. */
export function shapeOf(settings: TableSettings): {
  readonly format: number;
  readonly stateCount: number;
  readonly linear: number;
  readonly steps: number;
  readonly norms: number;
} {
  const { format, optimiser } = settings;
  return {
    format: { f32: layout.formatF32, f16: layout.formatF16, int8: layout.formatInt8 }[format],
    stateCount: optimiser === "none" ? 0 : stateCountOf(optimiser),
    linear: optimiser === "none" ? 0 : 1,
    steps: optimiser !== "none" && optimiser.kind === "adam" ? 1 : 0,
    norms: settings.norms ? 1 : 0,
  };
}

/** Entries of the heap that finds the oldest id; 0 where none gives way. */
function heapLengthOf({ whenFull, idCountMax }: TableSettings): number {
  // Room for entries out of date, so that it is seldom built anew.
  return whenFull === "evictOldest" ? idCountMax + Math.ceil(idCountMax / 4) + 64 : 0;
}

export function heapBytesOf(settings: TableSettings): number {
  return heapLengthOf(settings) * 8;
}

/**
 * Writes what the kernels read into the table's header.
 *
 * @param heap address of `heapBytesOf` bytes.
 */
export function writeSettings(
  arena: Arena,
  pointer: number,
  settings: TableSettings,
  heap: number,
): void {
  const { optimiser, linear } = settings;
  const words = arena.u32(pointer, layout.tableHeaderBytes / 4);
  const numbers = arena.f32(pointer, layout.tableHeaderBytes / 4);
  words[layout.tableAdmitAfterAt / 4] = settings.admitAfter;
  words[layout.tableTtlAt / 4] = settings.ttlSeconds;
  words[layout.tablePendingTtlAt / 4] = settings.pendingTtlSeconds;
  words[layout.tableIdCountMaxAt / 4] = settings.idCountMax;
  words[layout.tableInitialiserAt / 4] = initialiserCodes[settings.initialiser.kind];
  numbers[layout.tableInitialiserScaleAt / 4] = scaleOf(settings.initialiser);
  if (settings.admission === "probabilistic") {
    arena.u64(pointer + layout.tableAdmitBelowAt, 1)[0] = admitBelow(settings.admitAfter);
  }
  if (optimiser !== "none") {
    writeOptimiser(words, numbers, layout.tableOptimiserAt, optimiser);
    numbers[layout.tableLearningRateAt / 4] = optimiser.learningRate;
    const [first, second] = initialStateOf(optimiser);
    numbers[layout.tableStateStartAt / 4] = first;
    numbers[layout.tableStateStart1At / 4] = second;
  }
  numbers[layout.tableLinearAccumulatorAt / 4] = linear.initialAccumulator;
  const ftrl = arena.f64(pointer + layout.tableFtrlAt, 4);
  ftrl[layout.ftrlAlphaAt / 8] = linear.alpha;
  ftrl[layout.ftrlBetaAt / 8] = linear.beta;
  ftrl[layout.ftrlL1At / 8] = linear.l1;
  ftrl[layout.ftrlL2At / 8] = linear.l2;
  if (settings.whenFull === "evictOldest") {
    words[layout.tableEvictAt / 4] = 1;
    words[layout.tableHeapAt / 4] = heap;
    words[layout.tableHeapMaxAt / 4] = heapLengthOf(settings);
  }
}

/**
 * q · 2^64, where q = 1 − 0.05^(1/k): after k sightings 95 % of ids have a row, as each sighting
 * admits with probability q, and count of them with 1 − (1 − q)^count.
 *
 * Source: the rule of Monolith's probabilistic filter (Liu et al. 2022, section 2.2.3, and its code).
 */
function admitBelow(admitAfter: number): bigint {
  const share = -Math.expm1(Math.log(0.05) / admitAfter);
  const scaled = BigInt(Math.round(share * 2 ** 53)) << 11n;
  return scaled > 0n ? scaled : 1n; // 0 would mean exact admission
}

const initialiserCodes: Record<Initialiser["kind"], number> = {
  zeros: layout.initialiserZeros,
  constant: layout.initialiserConstant,
  uniform: layout.initialiserUniform,
  normal: layout.initialiserNormal,
};

function scaleOf(initialiser: Initialiser): number {
  if (initialiser.kind === "zeros") return 0;
  return initialiser.kind === "constant" ? initialiser.value : initialiser.scale;
}

function checkWhole(name: string, value: number, min: number, max: number): void {
  const good = Number.isInteger(value) && value >= min && value <= max;
  check(good, { name, value, allowed: `whole numbers from ${min} to ${max}` });
}

function checkNumber(name: string, value: number, isInRange: boolean, allowed: string): void {
  check(isInRange && Number.isFinite(value), { name, value, allowed });
}

function checkOneOf(name: string, value: string, allowed: readonly string[]): void {
  check(allowed.includes(value), { name, value, allowed: allowed.join(", ") });
}

function check(good: boolean, option: { name: string; value: unknown; allowed: string }): void {
  if (good) return;
  const { name, value, allowed } = option;
  throw new FoldbackError("CONFIG_INVALID", `${name} is ${String(value)}; allowed: ${allowed}`, {
    details: { name, value },
  });
}
