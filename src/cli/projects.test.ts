/** What a folder of projects may hold, and what a key that is made for one does to it. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runFoldback } from "../testing/foldbackProcess.ts";
import { keySetting } from "../testing/frontService.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";
import { addKeyTo, loadProcessConfig, loadProject, projectsIn } from "./projects.ts";

const key = keySetting("app", ["read"]);
const invalid = { code: "CONFIG_INVALID" };
const notNames = [
  "..",
  ".",
  "../shop",
  "Shop",
  "a/b",
  "a\\b",
  ".hidden",
  "",
  "-a",
  "a b",
  "a".repeat(64),
];

test("a key makes its project's folder and config, or is added to them; each name once", async () => {
  const directory = join(temporaryDirectory(), "projects");
  const path = await addKeyTo(directory, "shop", key);
  expect(path).toBe(join(directory, "shop", "foldback.config.json"));
  const more = keySetting("more", ["ingest"]);
  await addKeyTo(directory, "shop", more);
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ http: { keys: [key, more] } });
  await expect(addKeyTo(directory, "shop", key)).rejects.toMatchObject(invalid);
  const config = await loadProject(directory, "shop");
  expect(config.http.keys).toEqual([key, more]);
  expect(config.dataDirectory).toBe(join(directory, "shop", "foldback-data"));
  expect(await projectsIn(directory)).toEqual({ names: ["shop"], others: [] });
});

test("a config that is a program, or wrong, is left as it is", async () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "shop"));
  const wrong = join(directory, "shop", "foldback.config.json");
  writeFileSync(wrong, '{"http":{"keys":7}}');
  await expect(addKeyTo(directory, "shop", key)).rejects.toMatchObject(invalid);
  expect(readFileSync(wrong, "utf8")).toBe('{"http":{"keys":7}}');
  writeFileSync(join(directory, "shop", "foldback.config.js"), "export default {};");
  await expect(addKeyTo(directory, "shop", key)).rejects.toMatchObject(invalid);
});

test.each(notNames)("%j is no project: nothing is read or made under it", async (name) => {
  const directory = join(temporaryDirectory(), "projects");
  await expect(addKeyTo(directory, name, key)).rejects.toMatchObject(invalid);
  await expect(loadProject(directory, name)).rejects.toMatchObject(invalid);
});

test("a data directory stands in its project's folder", async () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "shop"));
  const load = (dataDirectory: string) => {
    writeFileSync(join(directory, "shop/foldback.config.json"), JSON.stringify({ dataDirectory }));
    return loadProject(directory, "shop");
  };
  for (const inside of ["data", "./a/b", "a/../data", ".", "..data"]) {
    expect((await load(inside)).dataDirectory).toBe(join(directory, "shop", inside));
  }
  for (const outside of ["..", "../news", "a/../../news", "/var", join(directory, "news")]) {
    await expect(load(outside)).rejects.toMatchObject(invalid);
  }
  expect((await load(join(directory, "shop/data"))).dataDirectory).toBe(
    join(directory, "shop/data"),
  );
});

test("a directory without a project is refused, one that is not there, and one with too many", async () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "file"), "");
  mkdirSync(join(directory, "No Name"));
  await expect(projectsIn(directory)).rejects.toMatchObject(invalid);
  await expect(projectsIn(join(directory, "nowhere"))).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
  });
  for (let n = 0; n < 64; n++) mkdirSync(join(directory, `p${n}`));
  const { names, others } = await projectsIn(directory);
  expect([names.length, others]).toEqual([64, ["No Name"]]);
  mkdirSync(join(directory, "p64"));
  await expect(projectsIn(directory)).rejects.toMatchObject(invalid);
});

test("the config of the process has http alone, with flags over it", async () => {
  const path = join(temporaryDirectory(), "process.json");
  writeFileSync(path, JSON.stringify({ http: { port: 1, keys: [key] } }));
  const { http } = await loadProcessConfig(path, { port: 2 });
  expect(http).toMatchObject({ port: 2, keys: [key], host: "127.0.0.1" });
  writeFileSync(path, JSON.stringify({ model: { dim: 8 } }));
  await expect(loadProcessConfig(path, {})).rejects.toMatchObject(invalid);
});

test("flags that go together, or not at all, are said to", async () => {
  for (const args of [
    ["key", "--name", "app", "--project", "shop"],
    ["serve", "--projects", "projects", "--data", "data"],
  ]) {
    const { code, stderr } = await runFoldback(args);
    expect([code, stderr]).toEqual([2, expect.stringContaining("(CONFIG_INVALID)")]);
  }
});
