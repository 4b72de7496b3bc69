/**
 * The kernels: functions over addresses in one shared memory, and nothing else. No allocation by
 * the language, no static data, no mutable globals: any number of threads may instantiate this
 * module on the same memory. Reading order: `../layout`, arena, hash, bucket, planes, changes, rows,
 * table, displace, growth, removal, eviction, assign, reader, snapshot; then math, ftrl, optimisers,
 * formats, access, shards, features, fm, rank, dense, deepRows, deep, scan.
 */
export { tableGather, tableUpdate } from "./access";
export { arenaAllocate, arenaCreate, arenaFree } from "./arena";
export { tableAssign } from "./assign";
export { deepLearn, deepPredict } from "./deep";
export { featuresObserve } from "./features";
export { fmLearn, fmPredict } from "./fm";
export {
  decodeF16,
  decodeInt8,
  encodeF16,
  encodeInt8,
  scoresF16,
  scoresInt8,
} from "./formats";
export { mix64 } from "./hash";
export { exp, log, sigmoid } from "./math";
export { optimiserStep } from "./optimisers";
export { rankLearn, rankQuery, rankScore } from "./rank";
export { tableLocate } from "./locate";
export { tableFind } from "./reader";
export { tableExpire, tableRemove } from "./removal";
export { scanTop } from "./scan";
export { pickRows, shardOfKey, sortKeysByShard, sortRowsByShard } from "./shards";
export {
  drainBegin,
  drainEnd,
  drainNext,
  snapshotBegin,
  snapshotEnd,
  snapshotFill,
  snapshotIsDone,
  snapshotRead,
} from "./snapshot";
export { tableCreate, tableKeys, tableObserve, tableReset } from "./table";
