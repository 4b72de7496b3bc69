export { instantiateKernels, type Kernels } from "./kernels.ts";
export * as layout from "./layout.ts";
export { noRow } from "./layout.ts";
export * as twin from "./twin/index.ts";
export { type WasmMemory, webAssembly } from "./webassembly.ts";
