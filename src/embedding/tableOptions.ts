import { FoldbackError } from "../core/index.ts";
import { layout } from "../kernels/index.ts";
import type { Arena } from "./arena.ts";
import type { Initialiser, TableOptions } from "./tableTypes.ts";

/** The options with their defaults filled in. */
export type TableSettings = Required<TableOptions>;

/** @throws FoldbackError CONFIG_INVALID, naming the option. */
export function checkedOptions(options: TableOptions): TableSettings {
  const settings: TableSettings = {
    dim: options.dim,
    seed: BigInt.asUintN(64, options.seed),
    admitAfter: options.admitAfter ?? 1,
    ttlSeconds: options.ttlSeconds ?? 0,
    pendingTtlSeconds: options.pendingTtlSeconds ?? options.ttlSeconds ?? 0,
    initialiser: options.initialiser ?? { kind: "uniform", scale: 0.05 },
    vectorAccumulator: options.vectorAccumulator ?? 1,
    linearAccumulator: options.linearAccumulator ?? 0,
    idCountExpected: options.idCountExpected ?? 200,
  };
  const { dim, vectorAccumulator, linearAccumulator } = settings;
  check(Number.isInteger(dim) && dim % 4 === 0 && dim >= 0 && dim <= layout.dimMax, {
    name: "dim",
    value: dim,
    allowed: `multiples of 4 from 0 to ${layout.dimMax}`,
  });
  // Counts are kept in 32 bits.
  checkWhole("admitAfter", settings.admitAfter, 1, 0xffff_ffff);
  checkWhole("ttlSeconds", settings.ttlSeconds, 0, 0xffff_ffff);
  checkWhole("pendingTtlSeconds", settings.pendingTtlSeconds, 0, 0xffff_ffff);
  checkWhole("idCountExpected", settings.idCountExpected, 1, 0xffff_ffff);
  // At 0, Adagrad's first step with a gradient of 0 would be 0 / 0.
  check(vectorAccumulator > 0 && Number.isFinite(vectorAccumulator), {
    name: "vectorAccumulator",
    value: vectorAccumulator,
    allowed: "above 0",
  });
  check(linearAccumulator >= 0 && Number.isFinite(linearAccumulator), {
    name: "linearAccumulator",
    value: linearAccumulator,
    allowed: "0 or more",
  });
  check(Number.isFinite(scaleOf(settings.initialiser)), {
    name: "initialiser",
    value: scaleOf(settings.initialiser),
    allowed: "a finite scale or value",
  });
  return settings;
}

/** Writes what the kernels read into the table's header. */
export function writeSettings(arena: Arena, pointer: number, settings: TableSettings): void {
  const header = arena.u32(pointer, layout.tableHeaderBytes / 4);
  const numbers = arena.f32(pointer, layout.tableHeaderBytes / 4);
  header[layout.tableAdmitAfterAt / 4] = settings.admitAfter;
  header[layout.tableTtlAt / 4] = settings.ttlSeconds;
  header[layout.tablePendingTtlAt / 4] = settings.pendingTtlSeconds;
  header[layout.tableInitialiserAt / 4] = initialiserCodes[settings.initialiser.kind];
  numbers[layout.tableInitialiserScaleAt / 4] = scaleOf(settings.initialiser);
  numbers[layout.tableVectorAccumulatorAt / 4] = settings.vectorAccumulator;
  numbers[layout.tableLinearAccumulatorAt / 4] = settings.linearAccumulator;
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

function check(good: boolean, option: { name: string; value: unknown; allowed: string }): void {
  if (good) return;
  const { name, value, allowed } = option;
  throw new FoldbackError("CONFIG_INVALID", `${name} is ${String(value)}; allowed: ${allowed}`, {
    details: { name, value },
  });
}
