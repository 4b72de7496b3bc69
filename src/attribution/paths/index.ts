export { defaultSeparator, type PathFormOptions } from "./pathSink.ts";
export { hasPaths, readPaths } from "./readPaths.ts";
export { transformNames } from "./transforms.ts";
