import { expect, test } from "vitest";
import { checkLock, completeLock } from "./check-lock.mjs";

const resolved = (/** @type {string} */ file) => `https://registry.example/${file}.tgz`;

/** A tool with a program for each of three platforms, of which one is locked. */
const incomplete = {
  "": {},
  "node_modules/@tool/linux-x64-gnu": {
    version: "2.0.0",
    optional: true,
    resolved: resolved("@tool/linux-x64-gnu/-/linux-x64-gnu-2.0.0"),
  },
  "node_modules/tool": {
    version: "2.0.0",
    resolved: resolved("tool/-/tool-2.0.0"),
    integrity: "sha512-x",
    dev: true,
    optionalDependencies: {
      "@tool/darwin-arm64": "2.0.0",
      "@tool/linux-arm64-musl": "2.0.0",
      "@tool/linux-x64-gnu": "2.0.0",
    },
  },
};

test("names each optional package that is not locked", () => {
  expect(checkLock(incomplete).problems).toEqual([
    "node_modules/@tool/darwin-arm64@2.0.0: named as optional, but not locked",
    "node_modules/@tool/linux-arm64-musl@2.0.0: named as optional, but not locked",
  ]);
});

test("completes it with the platform that the name tells, and keeps what was there", () => {
  const complete = completeLock(incomplete);
  expect(checkLock(complete).problems).toEqual([]);
  expect(complete).toMatchObject(incomplete);
  expect(complete["node_modules/@tool/linux-arm64-musl"]).toEqual({
    version: "2.0.0",
    resolved: resolved("@tool/linux-arm64-musl/-/linux-arm64-musl-2.0.0"),
    cpu: ["arm64"],
    dev: true,
    libc: ["musl"],
    optional: true,
    os: ["linux"],
  });
});

test("finds an optional package beside any parent above", () => {
  const packages = {
    "node_modules/a/node_modules/b": {
      version: "1.0.0",
      resolved: resolved("b/-/b-1.0.0"),
      optionalDependencies: { c: "^1.0.0" },
    },
    "node_modules/a/node_modules/c": { version: "1.0.0", resolved: resolved("c/-/c-1.0.0") },
  };
  expect(checkLock(packages).problems).toEqual([]);
});

test("fills in an address that is missing; refuses another, and leaves it to be looked at", () => {
  const other = "git+ssh://git@example.org/b.git";
  const packages = {
    "node_modules/a": { version: "1.0.0" },
    "node_modules/b": { version: "1.0.0", resolved: other },
  };
  expect(checkLock(packages).problems).toHaveLength(2);
  const complete = completeLock(packages);
  expect(complete["node_modules/a"]?.resolved).toBe(resolved("a/-/a-1.0.0"));
  expect(complete["node_modules/b"]?.resolved).toBe(other);
  expect(checkLock(complete).problems).toEqual([
    `node_modules/b: does not come from ${resolved("b/-/b-1.0.0")}`,
  ]);
});
