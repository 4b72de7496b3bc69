export { type Scope, scopes } from "./route.ts";
export { createServer, type RequestLine } from "./server.ts";
