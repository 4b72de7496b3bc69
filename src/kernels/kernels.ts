import { wasmBase64 } from "./wasm.generated.ts";
import { type WasmMemory, webAssembly } from "./webassembly.ts";

/**
 * The compiled kernels over one memory. Addresses and counts are u32, passed as numbers (an address
 * above 2^31 comes back negative from WebAssembly: use `>>> 0`). Nothing here checks its arguments:
 * that is the caller's work. See the sources in `assembly/` for each contract.
 */
export interface Kernels {
  arenaCreate(limitBytes: number): void;
  arenaAllocate(sizeBytes: number): number;
  arenaFree(pointer: number, sizeBytes: number): void;

  tableCreate(
    dim: number,
    format: number,
    stateCount: number,
    linear: number,
    steps: number,
    norms: number,
    bucketCount: number,
    segmentsMax: number,
    chunksMax: number,
    seed: bigint,
  ): number;
  tableReset(table: number, bucketCount: number, rowNext: number): number;
  tableFind(table: number, keys: number, rows: number, count: number, scratch: number): void;
  tableObserve(
    table: number,
    keys: number,
    rows: number,
    count: number,
    now: number,
    gaveWay: number,
  ): number;
  tableAssign(
    table: number,
    keys: number,
    count: number,
    now: number,
    vectors: number,
    weights: number,
    gaveWay: number,
  ): number;
  tableRemove(table: number, key: bigint): number;
  tableExpire(table: number, now: number, bucketCount: number, removedKeys: number): number;
  tableLocate(table: number, key: bigint): number;
  tableKeys(table: number, rows: number, keys: number, count: number): void;
  tableGather(table: number, rows: number, count: number, vectors: number, weights: number): void;
  tableUpdate(
    table: number,
    rows: number,
    count: number,
    indices: number,
    gradients: number,
    weightGradients: number,
    rate: number,
    scratch: number,
  ): void;

  sortRowsByShard(
    shardCount: number,
    rows: number,
    count: number,
    own: number,
    order: number,
    ends: number,
    shards: number,
  ): void;
  sortKeysByShard(
    shardCount: number,
    seed: number,
    keys: number,
    count: number,
    own: number,
    order: number,
    ends: number,
    shards: number,
  ): void;
  shardOfKey(shardCount: number, seed: number, key: bigint): number;
  pickRows(matrix: number, bytes: number, order: number, count: number, picked: number): void;

  snapshotBegin(table: number, all: number): void;
  snapshotFill(table: number, out: number, bytesMax: number): number;
  snapshotIsDone(table: number): number;
  snapshotEnd(table: number, isWhole: number): void;
  snapshotRead(
    table: number,
    records: number,
    bytes: number,
    buckets: number,
    rows: number,
    apply: number,
  ): number;
  drainBegin(table: number): void;
  drainNext(table: number, rows: number, max: number): number;
  drainEnd(table: number): void;

  featuresObserve(features: number, keys: number, count: number, now: number): number;
  fmPredict(fm: number, features: number, count: number, scratch: number): number;
  fmLearn(
    fm: number,
    features: number,
    count: number,
    scratch: number,
    label: number,
    weight: number,
    offset: number,
  ): number;
  deepPredict(deep: number, workspace: number, featureCount: number, examples: number): void;
  deepLearn(
    deep: number,
    workspace: number,
    featureCount: number,
    examples: number,
    rate: number,
  ): void;
  rankQuery(
    fm: number,
    context: number,
    contextCount: number,
    buckets: number,
    bucketCount: number,
    scratch: number,
  ): void;
  rankScore(
    fm: number,
    items: number,
    itemCount: number,
    featuresPerItem: number,
    signals: number,
    scratch: number,
    logits: number,
  ): void;
  rankLearn(
    fm: number,
    context: number,
    contextCount: number,
    buckets: number,
    bucketCount: number,
    items: number,
    itemCount: number,
    featuresPerItem: number,
    signals: number,
    targets: number,
    scratch: number,
    logits: number,
  ): void;
  scanTop(
    table: number,
    query: number,
    k: number,
    useWeight: number,
    heap: number,
    rows: number,
    scores: number,
  ): number;

  optimiserStep(
    optimiser: number,
    vector: number,
    state: number,
    gradient: number,
    bytes: number,
    rate: number,
    step: number,
  ): void;

  encodeF16(source: number, target: number, dim: number): number;
  decodeF16(source: number, target: number, dim: number): void;
  encodeInt8(source: number, target: number, dim: number): number;
  decodeInt8(source: number, target: number, dim: number, scale: number): void;
  scoresF16(vectors: number, query: number, dim: number, count: number, scores: number): void;
  scoresInt8(
    vectors: number,
    scales: number,
    query: number,
    dim: number,
    count: number,
    scores: number,
  ): void;

  mix64(key: bigint, seed: bigint): bigint;
  exp(x: number): number;
  log(x: number): number;
  sigmoid(x: number): number;
}

let compiled: object | undefined;

/** The kernels on this memory; compiles once a thread, and keeps no state outside the memory. */
export function instantiateKernels(memory: WasmMemory): Kernels {
  compiled ??= new webAssembly.Module(Buffer.from(wasmBase64, "base64"));
  const instance = new webAssembly.Instance(compiled, { env: { memory } });
  // Its exports are those of `assembly/index.ts`; a test calls each.
  return instance.exports as Kernels;
}
