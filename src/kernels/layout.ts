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
 *            │ table header, 512 bytes  │  one a table; its address is the table's `pointer`
 *            │ version stripes          │
 *            │ chunk directory          │  u32 address of every chunk of rows; never moves
 *            │ segment directory        │  u32 address of every segment of buckets; never moves
 *            │ segment 0, segment 1, …  │  4096 buckets each; never move, never freed
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
 * segment 4096 buckets, then for each 32 of them: changed since the last snapshot, to be saved in
 *         the one under way: u32 each, 1 bit a bucket
 * chunk   planes of 4096 rows, each contiguous
 *            V vectors f32[dim], or f16[dim], or int8[dim] │ W weight f32 │
 *            S what only the writer looks at, together, as a page of memory may cost more than its bytes:
 *              clock u32, the table's when the row last changed; and of a table that learns FTRL z, n of
 *              the weight, f32[2]; steps of Adam, u32; optimiser state, f32[dim × 0, 1 or 2] │
 *            E scale of an int8 vector, f32 │ N norm of the vector, f32, where the table has norms │
 *            K key u64 │ L live, 1 bit a row │ F free to be handed out again, 1 bit a row
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
/** 4096 buckets, 256 KiB, to a segment. */
export const segmentBucketsLog2 = 12;
export const segmentBuckets = 4096;
export const segmentBitsAt = 262144;
/** Bytes of the bits of 32 buckets. */
export const bucketBitsBytes = 8;
export const segmentBytes = 263168;

export const chunkRowsLog2 = 12;
export const chunkRows = 4096;
export const dimMax = 128;
/** Of the bits of 32 buckets: words of one bit a bucket. */
export const bitsChangedAt = 0;
export const bitsToSaveAt = 4;
/** Of a row in plane S; where the table does not learn it is the clock alone. */
export const rowClockAt = 0;
export const rowLinearAt = 4;
export const rowStepsAt = 12;
export const rowStateAt = 16;
export const rowClockBytes = 4;

/** "FBT2" in ASCII: the second layout of tables and of their snapshots. */
export const tableMagic = 0x32544246;
export const tableHeaderBytes = 512;
export const tableMagicAt = 0;
export const tableDimAt = 4;
/** Any number, not only powers of two; readers take it atomically. */
export const tableBucketCountAt = 8;
/**
 * Raised before removed rows are handed out again; readers compare it before and after.
 */
export const tableEpochAt = 12;
/** Rows from here on were never used. */
export const tableRowNextAt = 16;
/** Where the search for a row that may be handed out again goes on. */
export const tableFreeCursorAt = 20;
export const tablePlaneFAt = 24;
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
export const tablePlaneSAt = 84;
export const tablePlaneKAt = 92;
export const tablePlaneLAt = 96;
export const tableVersionsAt = 100;
/** The writer's queue of the displacement search. */
export const tableQueueAt = 104;
export const tableInitialiserAt = 108;
export const tableInitialiserScaleAt = 112;
/** What the two parts of a new row's optimiser state start at, f32. */
export const tableStateStartAt = 116;
export const tableStateStart1At = 120;
export const tableLinearAccumulatorAt = 124;
export const tableAdmittedTotalAt = 128;
export const tableExpiredTotalAt = 136;
export const tablePendingExpiredTotalAt = 144;
export const tableRemovedTotalAt = 152;
/** u64[8]: how many insertions displaced 0, 1, … 6, and 7 or more entries. */
export const tableDisplacementsAt = 160;
export const displacementKinds = 8;
export const tableEvictedTotalAt = 224;
/** Keys observed so far: numbers the draws of probabilistic admission. */
export const tableSightingsAt = 232;
export const tableSegmentsAt = 240;
export const tableSegmentCountAt = 244;
export const tableSegmentsMaxAt = 248;
/** The number of buckets that growing is on its way to. */
export const tableBucketTargetAt = 252;
/** Removed rows that wait until enough of them can be handed out again at once. */
export const tableWaitCountAt = 264;
export const tableIdCountMaxAt = 268;
/** 1: at the maximum the least recently updated id gives way; 0: no new id is taken. */
export const tableEvictAt = 272;
/** Heap of rows by stamp, for eviction; built when it is first needed. */
export const tableHeapAt = 276;
export const tableHeapLengthAt = 280;
export const tableHeapMaxAt = 284;
/** Probabilistic admission: admit if 64 random bits are below this; 0: exact admission. */
export const tableAdmitBelowAt = 288;
export const tableGrowthsAt = 296;
/** Keys that gave way during the last call that takes ids in. */
export const tableGaveWayAt = 300;
export const tablePlaneEAt = 304;
/** 0 if rows have no norms. */
export const tablePlaneNAt = 308;
/** Of a row in plane S. */
export const tableRowSBytesAt = 312;
export const tableVectorBytesAt = 316;
/** Of both parts of a row's optimiser state. */
export const tableStateBytesAt = 320;
export const tableFormatAt = 324;
/** 1 if weights have FTRL state. */
export const tableLinearAt = 328;
export const tableSnapshotStateAt = 332;
export const tableSnapshotBucketAt = 336;
export const tableSnapshotBucketEndAt = 340;
export const tableSnapshotRowAt = 344;
export const tableSnapshotRowEndAt = 348;
/** First and last block of what was saved early, because it was about to change. */
export const tablePoolHeadAt = 352;
export const tablePoolTailAt = 356;
export const tablePoolBytesAt = 360;
export const tableRecordBytesAt = 364;
/** Next row that a drain of touched rows looks at. */
export const tableDrainRowAt = 368;
/** Goes up by 1 with each snapshot and each drain that begins; rows note it when they change. */
export const tableClockAt = 376;
/** When the snapshot under way began: it is of the rows that changed from `since` on, before it. */
export const tableSnapshotClockAt = 380;
export const tableSnapshotSinceAt = 480;
/** When the last snapshot that was written whole began; the last drain that was acknowledged. */
export const tableBaseClockAt = 484;
export const tableDrainedClockAt = 488;
/** When the drain under way began. */
export const tableDrainClockAt = 492;
/** The last drain that was acknowledged when the snapshot under way began. */
export const tableSnapshotDrainedAt = 500;
/** 1 if rows have steps of Adam. */
export const tableStepsAt = 496;
/** Of the optimiser, f32: what a step takes that is not told another. */
export const tableLearningRateAt = 372;
/** The optimiser of the vectors: see assembly/optimisers.ts. */
export const tableOptimiserAt = 384;
/** FTRL of the weights: alpha, beta, l1, l2, f64 each. */
export const tableFtrlAt = 448;

/** Length of a heap that is yet to be built. */
export const heapUnbuilt = 0xffffffff;

export const formatF32 = 0;
export const formatF16 = 1;
export const formatInt8 = 2;

/** No snapshot is being written; one is; one was, and had no memory to keep what it needs. */
export const snapshotNone = 0;
export const snapshotActive = 1;
export const snapshotLost = 2;
/** In the tag of a record of a snapshot: a bucket's index follows, not a row. */
export const recordIsBucket = 0x80000000;
/** Tag of the last record: the number of parts that the records fill follows. */
export const recordEnd = 0xffffffff;
export const recordEndBytes = 8;
/** Flags of a row's record. */
export const recordLive = 1;
export const recordTouched = 2;
export const recordBucketBytes = 68;

export const initialiserZeros = 0;
export const initialiserConstant = 1;
export const initialiserUniform = 2;
export const initialiserNormal = 3;

/** Version counters a table; 4 KiB, so they stay in the first-level cache. */
export const versionStripes = 1024;
/**
 * Buckets that one displacement search may look at: 2 × (1 + 4 + 16 + 64 + 256 + 1024), that is 5
 * displacements deep in every direction. One in a hundred thousand needs more than 4.
 */
export const queueLength = 2730;
/** Bucket, place of its parent in the queue, slot of the parent. */
export const queueEntryBytes = 12;
/**
 * The table grows above this share of used slots. The limit of 2 choices and 4 slots is 0.976 where
 * all buckets are equally likely (Dietzfelbinger and Weidling 2007); where some were split and
 * others not, searches get long from 0.92 on.
 */
export const loadMax = 0.91;

export const featureBytes = 12;
export const featureTableAt = 0;
export const featureRowAt = 4;
export const featureValueAt = 8;

/** A list of features resolved to addresses, in scratch: room for their sum, then 24 bytes each. */
export const resolvedAt = 512;
export const resolvedBytes = 24;

/** FTRL's parameters, f64 each. */
export const ftrlAlphaAt = 0;
export const ftrlBetaAt = 8;
export const ftrlL1At = 16;
export const ftrlL2At = 24;

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
/** FTRL of the weights. */
export const fmLinearAt = 32;
export const fmVectorRateAt = 64;
export const fmVectorL2At = 72;
export const fmBiasAlphaAt = 80;
export const fmBiasBetaAt = 88;
/** Of the ranking model: the learning rate of what signals are worth. */
export const fmSignalRateAt = 96;

/**
 * The control record of a DeepFM: a factorisation machine's, then its dense part. See
 * assembly/deep.ts for the picture of the dense part's bytes.
 */
export const deepBytes = 320;
/** Slots: parts of the input of the first layer. */
export const deepFieldsAt = 128;
/** Hidden layers, 1 to deepLayersMax, and the units of each, u32[deepLayersMax]. */
export const deepLayersAt = 132;
export const deepWidthsAt = 184;
export const deepLayersMax = 4;
export const deepWidthMax = 1024;
/** The weights, f32[length]; then the optimiser's state, one or two times as long. */
export const deepDenseAt = 136;
export const deepLengthAt = 140;
export const deepL1At = 144;
export const deepL2At = 148;
/** A hidden unit stays if 16 random bits are below this, and is then scaled by deepScaleAt, f32. */
export const deepKeepAt = 152;
export const deepScaleAt = 156;
export const deepKeepAll = 65536;
/** Of the masks, u64. */
export const deepSeedAt = 160;
/** Examples learned so far, u64: numbers the masks. */
export const deepExamplesAt = 168;
/** Steps of the dense part so far, u64. */
export const deepStepsAt = 176;
export const deepOptimiserAt = 208;

/** A feature of a minibatch: table, row, value, and example × 256 + field. */
export const deepFeatureBytes = 16;
export const deepFeatureTableAt = 0;
export const deepFeatureRowAt = 4;
export const deepFeatureValueAt = 8;
export const deepFeaturePlaceAt = 12;
/** Label, weight and offset of an example, f64. */
export const deepTargetBytes = 24;
/** A feature resolved to addresses: see assembly/deepRows.ts. */
export const deepResolvedBytes = 48;

/**
 * The workspace of one thread: where each array is, u32, and how far it is from one example to the
 * next. Those of the learner are 0 in a thread that only predicts.
 */
export const workspaceBytes = 128;
export const workspaceFeaturesAt = 0;
export const workspaceResolvedAt = 4;
/** f64 an example: the logit; the same without the dense part, later the slope of the loss. */
export const workspaceLogitsAt = 8;
export const workspaceSlopesAt = 12;
/** f32 (examples, dim): Σ v x and Σ (v x)². */
export const workspaceSumsAt = 16;
export const workspaceSquaresAt = 20;
/** The input of the first layer and the hidden units, and the bytes of an example: u32[5] each. */
export const workspaceUnitsAt = 24;
export const workspaceStridesAt = 44;
/** Of the learner: targets, and dLoss/d of each of the five. */
export const workspaceTargetsAt = 64;
export const workspaceDeltasAt = 68;
/** Of the learner: dLoss/d of the dense part, f32[length]; one layer's weights, transposed. */
export const workspaceGradientAt = 88;
export const workspaceTransposedAt = 92;
/** Of the learner: u32 each, by which rows that come again are found; twice the features or more. */
export const workspaceBucketsAt = 96;

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
