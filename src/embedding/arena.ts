import { assert, FoldbackError } from "../core/index.ts";
import {
  instantiateKernels,
  type Kernels,
  layout,
  type WasmMemory,
  webAssembly,
} from "../kernels/index.ts";

export interface ArenaOptions {
  /**
   * The most memory that tables, features and scratch of this arena may take, 1 MiB to 4 GiB
   * (4,294,967,296; the last 64 KiB of those are never used). Taken from the system only as it is
   * needed.
   */
  readonly sizeBytesMax: number;
}

/** What another thread needs to attach; passes through `postMessage` and `workerData`. */
export interface SharedArena {
  readonly memory: WasmMemory;
}

/** A part of the arena's memory, zeroed when handed out, on a 64-byte boundary. */
export interface Region {
  readonly pointer: number;
  readonly sizeBytes: number;
}

export interface ArenaStats {
  readonly sizeBytesMax: number;
  /** Handed out and not given back. */
  readonly usedBytes: number;
  /** Given back, waiting to be handed out again. */
  readonly freeBytes: number;
}

/** WebAssembly's unit of memory. */
const pageBytes = 65_536;
const sizeBytesMin = 1_048_576;
const sizeBytesLimit = 65_536 * pageBytes;

/**
 * One shared memory, at most 4 GiB, that holds several tables: a shard.
 *
 * Every thread that attaches gets kernels of its own over the same bytes; the kernels keep no state
 * outside the memory. Any thread may allocate (a lock in the control block); which thread may write
 * what is the rule of the structure that lives there.
 *
 * @example
 * const arena = Arena.create({ sizeBytesMax: 64 * 1024 * 1024 });
 * const worker = new Worker(file, { workerData: { arena: arena.share(), table: table.share() } });
 * // in the worker:
 * const table = EmbeddingTable.attach(Arena.attach(workerData.arena), workerData.table);
 */
export class Arena {
  readonly kernels: Kernels;
  readonly #memory: WasmMemory;

  private constructor(memory: WasmMemory) {
    this.#memory = memory;
    this.kernels = instantiateKernels(memory);
  }

  /** @throws FoldbackError CONFIG_INVALID for a size out of range. */
  static create(options: ArenaOptions): Arena {
    const { sizeBytesMax } = options;
    if (!(sizeBytesMax >= sizeBytesMin && sizeBytesMax <= sizeBytesLimit)) {
      throw new FoldbackError(
        "CONFIG_INVALID",
        `sizeBytesMax is ${sizeBytesMax}; allowed: ${sizeBytesMin} to ${sizeBytesLimit}`,
      );
    }
    const pages = Math.floor(sizeBytesMax / pageBytes);
    const memory = new webAssembly.Memory({ initial: 1, maximum: pages, shared: true });
    const arena = new Arena(memory);
    arena.kernels.arenaCreate(Math.min(pages, 65_535) * pageBytes);
    return arena;
  }

  static attach(shared: SharedArena): Arena {
    const arena = new Arena(shared.memory);
    assert(
      arena.u32(layout.arenaMagicAt, 1)[0] === layout.arenaMagic,
      "an arena is attached to memory that an arena was created in",
    );
    return arena;
  }

  share(): SharedArena {
    return { memory: this.#memory };
  }

  /**
   * Zeroed memory for this thread's own use; give it back with `release`.
   *
   * @throws FoldbackError TABLE_FULL when the arena is at its maximum; nothing is lost.
   */
  allocate(sizeBytes: number): Region {
    const pointer = sizeBytes > sizeBytesLimit ? 0 : this.kernels.arenaAllocate(sizeBytes) >>> 0;
    if (pointer === 0) throw arenaFull(this, `${sizeBytes} bytes`);
    return { pointer, sizeBytes };
  }

  release(region: Region): void {
    this.kernels.arenaFree(region.pointer, region.sizeBytes);
  }

  stats(): ArenaStats {
    const control = this.u32(0, layout.arenaStart / 4);
    const top = control[layout.arenaTopAt / 4];
    const usedBytes = control[layout.arenaUsedBytesAt / 4];
    return {
      sizeBytesMax: control[layout.arenaLimitAt / 4],
      usedBytes,
      freeBytes: top - layout.arenaStart - usedBytes,
    };
  }

  /** Does the array lie in this memory? (One made before the memory grew is taken for another's.) */
  holds(array: { readonly buffer: ArrayBufferLike }): boolean {
    return array.buffer === this.#memory.buffer;
  }

  // Views stay valid for ever: shared memory grows in place.

  u8(pointer: number, length: number): Uint8Array<SharedArrayBuffer> {
    return new Uint8Array(this.#buffer(pointer + length), pointer, length);
  }

  u32(pointer: number, length: number): Uint32Array<SharedArrayBuffer> {
    return new Uint32Array(this.#buffer(pointer + length * 4), pointer, length);
  }

  u64(pointer: number, length: number): BigUint64Array<SharedArrayBuffer> {
    return new BigUint64Array(this.#buffer(pointer + length * 8), pointer, length);
  }

  f32(pointer: number, length: number): Float32Array<SharedArrayBuffer> {
    return new Float32Array(this.#buffer(pointer + length * 4), pointer, length);
  }

  f64(pointer: number, length: number): Float64Array<SharedArrayBuffer> {
    return new Float64Array(this.#buffer(pointer + length * 8), pointer, length);
  }

  /** A thread learns of growth elsewhere only when it asks: growing by nothing is how to ask. */
  #buffer(endBytes: number): SharedArrayBuffer {
    if (this.#memory.buffer.byteLength < endBytes) this.#memory.grow(0);
    // The memory was made with `shared: true`.
    return this.#memory.buffer as unknown as SharedArrayBuffer;
  }
}

/** The one TABLE_FULL of this folder. */
export function arenaFull(
  arena: Arena,
  wanted: string,
  details: Record<string, unknown> = {},
): FoldbackError {
  const { usedBytes, freeBytes, sizeBytesMax } = arena.stats();
  return new FoldbackError(
    "TABLE_FULL",
    `no room for ${wanted}: ${usedBytes} bytes used, ${freeBytes} free, of at most ${sizeBytesMax}; ` +
      "expire ids, or raise sizeBytesMax",
    { details: { ...details, usedBytes, freeBytes, sizeBytesMax } },
  );
}
