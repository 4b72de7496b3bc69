export { configName, Demo } from "./demo.ts";
export { demoOptions, speedBounds } from "./options.ts";
export { demoRoutes } from "./routes.ts";
