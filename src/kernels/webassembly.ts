/** A `WebAssembly.Memory`. */
export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
  /** By pages of 64 KiB; gives the number of pages before. */
  grow(pageCount: number): number;
}

interface WebAssemblyApi {
  readonly Memory: new (limits: {
    initial: number;
    maximum: number;
    shared: boolean;
  }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { env: { memory: WasmMemory } },
  ) => { exports: unknown };
}

/**
 * The part of WebAssembly that we use. The types of Node 20 don't declare it, and the browser's
 * library would bring `window` and the like into every file.
 */
export const webAssembly = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
