export { bodyAs } from "./body.ts";
export { Front } from "./front.ts";
export { type ProjectNotice, type ProjectOptions, projectNamePattern } from "./project.ts";
export { type BoundRoute, boundRoute, type Scope, scopes } from "./route.ts";
export { createServer, type RequestLine } from "./server.ts";
export { isTraced } from "./tracing.ts";
