/**
 * What a bundler for browsers finds when it follows the imports of the built client. That it uses no globals of Node is
 * what tsconfig.client.json compiles it against.
 */
import { readFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync, Visitor } from "oxc-parser";
import { expect, test } from "vitest";

const door = fileURLToPath(import.meta.resolve("foldback/client"));

/** Of every file that importing this one loads, what it imports; relative ones followed. */
function importsFrom(file: string, found = new Map<string, string[]>()): Map<string, string[]> {
  if (found.has(file)) return found;
  const specifiers: string[] = [];
  found.set(file, specifiers);
  const add = ({ source }: { readonly source: { readonly value: string } | null }) => {
    if (source !== null) specifiers.push(source.value);
  };
  new Visitor({
    ImportDeclaration: add,
    ExportAllDeclaration: add,
    ExportNamedDeclaration: add,
    ImportExpression: () => specifiers.push("what it computes"),
    CallExpression: ({ callee }) => {
      if (callee.type === "Identifier" && callee.name === "require") specifiers.push("require");
    },
  }).visit(parseSync(file, readFileSync(file, "utf8")).program);
  for (const specifier of specifiers.filter((each) => each.startsWith("."))) {
    importsFrom(fileURLToPath(new URL(specifier, `file://${file}`)), found);
  }
  return found;
}

test("the client loads its own files, and nothing of Node, of packages or of the service", () => {
  const imports = importsFrom(door);
  const files = [...imports.keys()].map((file) => relative(dirname(door), file));
  expect(files).toEqual(expect.arrayContaining(["index.js", "client.js", "transport.js"]));
  for (const file of files) expect(file).toMatch(/^\w+\.js$/);
  for (const specifier of [...imports.values()].flat()) expect(specifier).toMatch(/^\.\/\w+\.js$/);
});

test("the walk sees what a bundler would: the server's door leads to Node and to packages", () => {
  const specifiers = [
    ...importsFrom(fileURLToPath(import.meta.resolve("#foldback/http"))).values(),
  ];
  expect(specifiers.flat()).toEqual(
    expect.arrayContaining(["node:crypto", "fastify", "xxhash-wasm"]),
  );
});
