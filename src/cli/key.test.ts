/** `foldback key`: what it shows opens the service whose config has what it says. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { resolveConfig } from "#foldback/engine";
import { runFoldback } from "../testing/foldbackProcess.ts";

test("the config takes the setting, which has the key's hash and not the key", async () => {
  const { stdout } = await runFoldback([
    "key",
    "--name",
    "app",
    "--scopes",
    "ingest,read",
    "--json",
  ]);
  const { key, setting } = JSON.parse(stdout) as {
    key: string;
    setting: { name: string; sha256: string; scopes: ("ingest" | "read" | "admin")[] };
  };
  expect(key).toMatch(/^fb_[\w-]{43}$/);
  expect(setting).toEqual({
    name: "app",
    sha256: createHash("sha256").update(key).digest("hex"),
    scopes: ["ingest", "read"],
  });
  expect(resolveConfig({ http: { keys: [setting] } }).http.keys).toEqual([setting]);
});

test("by default it may read; every key is another; a scope that there is not is refused", async () => {
  const plain = await runFoldback(["key", "--name", "app"]);
  expect(plain.stdout).toContain('"scopes":["read"]');
  expect((await runFoldback(["key", "--name", "app"])).stdout).not.toBe(plain.stdout);
  const wrong = await runFoldback(["key", "--name", "app", "--scopes", "write"]);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain("--scopes takes ingest, read, admin.");
});
