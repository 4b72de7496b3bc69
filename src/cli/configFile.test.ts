import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";
import { loadConfig } from "./configFile.ts";

function configFile(name: string, text: string): string {
  const path = join(temporaryDirectory(), name);
  writeFileSync(path, text);
  return path;
}

test.each([
  ["own.mjs", "export default { http: { port: 80 } };"],
  ["own.js", "export default { http: { port: 80 } };"],
  ["own.json", '{ "http": { "port": 80 } }'],
])("%s is read, over the defaults and under the flags", async (name, text) => {
  const config = configFile(name, text);
  expect((await loadConfig({ config })).http).toMatchObject({ host: "127.0.0.1", port: 80 });
  const over = await loadConfig({ config, data: "flag" }, { http: { port: 81 } });
  expect(over.http.port).toBe(81);
  expect(over.dataDirectory).toBe("flag");
});

test("without a file there are the defaults and the flags", async () => {
  expect((await loadConfig({ data: "flag" })).dataDirectory).toBe("flag");
  expect((await loadConfig({})).http.port).toBe(7878);
});

test("a file that is not there is FILE_UNREADABLE", async () => {
  await expect(loadConfig({ config: "missing.json" })).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
    details: { file: "missing.json" },
  });
});

test.each([
  ["broken.json", "{", "can't be read: SyntaxError"],
  ["broken.mjs", "export default {", "can't be read: "],
  ["throws.mjs", 'throw new Error("my own");', "can't be read: Error: my own"],
  ["none.mjs", "export const config = {};", "no default export"],
  ["undefined.mjs", "export default undefined;", "no default export"],
  ["null.json", "null", "the config is null"],
  ["list.json", "[]", "the config is []"],
  ["http.json", '{"http": "x"}', 'http is "x"'],
  ["slip.json", '{"http": {"prot": 1}}', "there is no setting http.prot"],
  ["range.mjs", "export default { http: { port: -1 } };", "http.port is -1"],
])("%s is CONFIG_INVALID, and named", async (name, text, said) => {
  const config = configFile(name, text);
  const [result] = await Promise.allSettled([loadConfig({ config })]);
  expect(result).toMatchObject({
    status: "rejected",
    reason: { code: "CONFIG_INVALID", details: { file: config } },
  });
  const { message } = (result as PromiseRejectedResult).reason as Error;
  expect(message.startsWith(config), message).toBe(true);
  expect(message).toContain(said);
});
