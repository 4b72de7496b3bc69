/**
 * Where everything lies in an arena's memory: one file for both compilers.
 *
 * AssemblyScript reads these constants as i32 and TypeScript as number, so the kernels and their
 * twins cannot disagree. Names that end in `At` are byte offsets from the start of their structure.
 *
 * ```
 * arena    0 ┌──────────────────────────┐
 *            │ control block, 64 bytes  │  lock, top of what was ever handed out, free regions
 *       1024 ├──────────────────────────┤
 *            │ table header, 256 bytes  │  one a table; its address is the table's `pointer`
 *            │ version stripes          │
 *            │ chunk directory          │  u32 address of every chunk; never moves
 *            │ bucket array             │  2^k × 64 bytes; replaced by one twice as large
 *            │ chunk 0, chunk 1, …      │  4096 rows each; never move, never freed
 *            │ scratch of each thread   │
 *            └──────────────────────────┘
 * bucket  64 bytes, one cache line
 *            ┌────────────┬────────────┬────────────┬────────────┐
 *          0 │ key 0  u64 │ key 1      │ key 2      │ key 3      │
 *            ├──────┬─────┴┬──────┬────┴─┬──────┬───┴──┬──────┬──┴───┐
 *         32 │word 0│word 1│word 2│word 3│stamp0│stamp1│stamp2│stamp3│
 *            └──────┴──────┴──────┴──────┴──────┴──────┴──────┴──────┘
 *          word 0                empty: the key may then be any of the 2^64
 *          word 1 … 2^31 - 1     admitted: the row; stamp = seconds of the last update
 *          word 2^31 + t         pending: last seen at 2t seconds; stamp = exact count of sightings
 * chunk   planes of 4096 rows, each contiguous
 *            V vectors f32[dim] │ W weight f32 │ A accumulator f32[dim] │ Z FTRL z, n f32[2] │
 *            K key u64 (of a free row: the next free row) │ L live, 1 bit a row
 * ```
 *
 * Row 0 of every table is never handed out: it stays all zeros, so `noRow` = 0 contributes nothing
 * to a sum and memory fresh from the system, all zeros, is an empty table.
 */

export const noRow = 0;

/** Of the arena's control block; "FBA1" in ASCII. */
export const arenaMagic = 0x31414246;
export const arenaMagicAt = 0;
export const arenaLockAt = 4;
/** First byte never handed out. */
export const arenaTopAt = 8;
/** No byte at or above this is handed out; at most 2^32 - 65536, so that sums of u32 don't wrap. */
export const arenaLimitAt = 12;
/** First free region, in order of address, or 0. A region starts with: next u32, size u32. */
export const arenaFreeAt = 16;
export const arenaUsedBytesAt = 20;
/** Pages of 64 KiB taken from the system so far. */
export const arenaPagesAt = 24;
export const arenaStart = 1024;
/** One cache line: every region starts on one, and a free region's two words fit in it. */
export const arenaAlign = 64;

export const bucketBytes = 64;
export const bucketBytesLog2 = 6;
export const bucketSlots = 4;
export const bucketWordsAt = 32;
export const bucketStampsAt = 48;
/** 64-byte buckets within 4 GiB. */
export const bucketsLog2Max = 25;

export const chunkRowsLog2 = 12;
export const chunkRows = 4096;
export const dimMax = 128;

/** "FBT1" in ASCII. */
export const tableMagic = 0x31544246;
export const tableHeaderBytes = 256;
export const tableMagicAt = 0;
export const tableDimAt = 4;
/**
 * Address of the bucket array (a multiple of 64) plus log2 of its length, in one word: readers take
 * both at once.
 */
export const tableBucketsAt = 8;
/**
 * Raised before the bytes of a removed row are overwritten; readers compare it before and after.
 */
export const tableEpochAt = 12;
/** Rows from here on were never used. */
export const tableRowNextAt = 16;
export const tableFreeHeadAt = 20;
export const tableFreeTailAt = 24;
export const tableFreeCountAt = 28;
export const tableAdmittedAt = 32;
export const tablePendingAt = 36;
export const tableAdmitAfterAt = 40;
export const tableTtlAt = 44;
export const tablePendingTtlAt = 48;
/** Next bucket that expiry looks at. */
export const tableCursorAt = 52;
export const tableSeedAt = 56;
export const tableDirectoryAt = 64;
export const tableChunksAt = 68;
export const tableChunksMaxAt = 72;
export const tableChunkBytesAt = 76;
export const tablePlaneWAt = 80;
export const tablePlaneAAt = 84;
export const tablePlaneZAt = 88;
export const tablePlaneKAt = 92;
export const tablePlaneLAt = 96;
export const tableVersionsAt = 100;
/** The writer's queue of the displacement search. */
export const tableQueueAt = 104;
export const tableInitialiserAt = 108;
export const tableInitialiserScaleAt = 112;
export const tableVectorAccumulatorAt = 116;
export const tableLinearAccumulatorAt = 120;
export const tableGrowthsAt = 124;
export const tableAdmittedTotalAt = 128;
export const tableExpiredTotalAt = 136;
export const tablePendingExpiredTotalAt = 144;
export const tableRemovedTotalAt = 152;
/** u64[8]: how many insertions displaced 0, 1, … 6, and 7 or more entries. */
export const tableDisplacementsAt = 160;
export const displacementKinds = 8;

export const initialiserZeros = 0;
export const initialiserConstant = 1;
export const initialiserUniform = 2;
export const initialiserNormal = 3;

/** Version counters a table; 4 KiB, so they stay in the first-level cache. */
export const versionStripes = 1024;
/**
 * Buckets that one displacement search may look at: 2 × (1 + 4 + 16 + 64 + 256), that is 4
 * displacements deep in every direction: enough for a load of 0.95.
 */
export const queueLength = 682;
/** Bucket, place of its parent in the queue, slot of the parent. */
export const queueEntryBytes = 12;
/**
 * The table doubles above this share of used slots, before searches get long. The limit of 2
 * choices and 4 slots is 0.976 (Dietzfelbinger and Weidling 2007).
 */
export const loadMax = 0.95;

export const featureBytes = 12;
export const featureTableAt = 0;
export const featureRowAt = 4;
export const featureValueAt = 8;

/** A list of features resolved to addresses, in scratch: room for their sum, then 20 bytes each. */
export const resolvedAt = 512;
export const resolvedBytes = 20;

/**
 * The control record of a factorisation machine or ranking model: the bias as f64 w, z, n, then
 * parameters as f64.
 */
export const fmBytes = 128;
export const fmBiasAt = 0;
export const fmBiasZAt = 8;
export const fmBiasNAt = 16;
export const fmDimAt = 24;
/** Of the ranking model, which has no bias: how many signals a candidate has. */
export const fmSignalsAt = 28;
export const fmAlphaAt = 32;
export const fmBetaAt = 40;
export const fmL1At = 48;
export const fmL2At = 56;
export const fmVectorRateAt = 64;
export const fmVectorL2At = 72;
export const fmBiasAlphaAt = 80;
export const fmBiasBetaAt = 88;
/** Of the ranking model: the learning rate of what signals are worth. */
export const fmSignalRateAt = 96;

/** Scratch of the ranking kernels: q and a, their gradients, then one list; see assembly/rank.ts. */
export const rankSignalsAt = 512;
export const rankGradientAt = 1024;
export const rankListAt = 2048;
export const rankTargetBytes = 12;

/**
 * The record of an optimiser: its kind as u32, then parameters as f32. Parameters that a kind does
 * not have are 0. Its row states are f32: state 0 of all components, then state 1 of all.
 */
export const optimiserBytes = 64;
export const optimiserKindAt = 0;
export const optimiserWeightDecayAt = 4;
export const optimiserMomentumAt = 8;
export const optimiserDecayAt = 12;
export const optimiserEpsilonAt = 16;
export const optimiserBeta1At = 20;
export const optimiserBeta2At = 24;
export const optimiserBetaAt = 28;
export const optimiserL1At = 32;
export const optimiserL2At = 36;
/** From 1 on: a record that was never written is none of them, and stops the kernel. */
export const optimiserSgd = 1;
export const optimiserAdagrad = 2;
export const optimiserFtrl = 3;
export const optimiserRmsprop = 4;
export const optimiserAdam = 5;
