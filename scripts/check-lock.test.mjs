import { expect, test } from "vitest";
import { checkLock, completeLock } from "./check-lock.mjs";

/** A tool with a program for each of three platforms, of which one is locked. */
const incomplete = {
  "": {},
  "node_modules/@tool/linux-x64-gnu": {
    version: "2.0.0",
    optional: true,
  },
  "node_modules/tool": {
    version: "2.0.0",
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
      optionalDependencies: { c: "^1.0.0" },
    },
    "node_modules/a/node_modules/c": { version: "1.0.0" },
  };
  expect(checkLock(packages).problems).toEqual([]);
});

test("refuses an address, and takes it away", () => {
  const packages = {
    "node_modules/a": { version: "1.0.0", resolved: "https://mirror.example/a-1.0.0.tgz" },
  };
  expect(checkLock(packages).problems).toEqual(["node_modules/a: names an address"]);
  expect(completeLock(packages)).toEqual({ "node_modules/a": { version: "1.0.0" } });
});
