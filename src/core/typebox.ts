/**
 * The one door to TypeBox: its package is 700 small files, which take Node a quarter of a second to open in every process and thread.
 * The build puts what is used of them into this one (`scripts/build.mjs`).
 */
export { type Static, type TObject, type TSchema, Type } from "typebox";
export { Value } from "typebox/value";
