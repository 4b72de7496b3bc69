/**
 * Compiles src/kernels/assembly to WebAssembly and writes it into src/kernels/wasm.generated.ts as
 * base64, so that tests, workers and bundles load it alike, without a file path.
 *
 * Does nothing when the sources, this script and the compiler are those of the last time.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = "src/kernels/assembly";
const target = `${root}src/kernels/wasm.generated.ts`;

const options = [
  ...["--optimizeLevel", "3", "--shrinkLevel", "0", "--converge", "--noAssert"],
  // The stub runtime never frees, and is left out whole, as nothing allocates.
  ...["--runtime", "stub", "--use", "abort="],
  // 65,536 pages = 4 GiB: the memory itself may have a lower maximum.
  ...["--importMemory", "--sharedMemory", "--initialMemory", "1", "--maximumMemory", "65536"],
  ...["--enable", "simd", "--enable", "threads", "--enable", "bulk-memory"],
];

const inputHash = hashInputs();
if (!existsSync(target) || !readFileSync(target, "utf8").includes(inputHash)) await build();

function hashInputs() {
  const hash = createHash("sha256");
  const sources = readdirSync(`${root}${folder}`).filter((name) => name.endsWith(".ts"));
  const paths = [
    ...sources.sort().map((name) => `${folder}/${name}`),
    "src/kernels/layout.ts",
    "scripts/build-kernels.mjs",
  ];
  for (const path of paths)
    hash
      .update(path)
      .update("\0")
      .update(readFileSync(`${root}${path}`))
      .update("\0");
  const compiler = createRequire(import.meta.url)("assemblyscript/package.json");
  return hash.update(compiler.version).digest("hex");
}

async function build() {
  const { default: asc } = await import("assemblyscript/asc");
  let binary;
  let text = "";
  const { error, stderr } = await asc.main(
    [`${folder}/index.ts`, "--outFile", "kernels.wasm", "--textFile", "kernels.wat", ...options],
    {
      readFile: (name, base) => {
        const path = `${base}/${name}`;
        return existsSync(path) ? readFileSync(path, "utf8") : null;
      },
      writeFile: (name, contents) => {
        if (name.endsWith(".wat")) text = contents;
        else binary = contents;
      },
      listFiles: () => [],
    },
    { baseDir: root },
  );
  if (error) {
    process.stderr.write(`${stderr.toString()}\n${error.message}\n`);
    process.exitCode = 1;
    return;
  }
  // Every thread instantiates the module on the same memory: data would be written over what is there,
  // and a mutable global would differ from thread to thread.
  for (const forbidden of [/\(data /, /\(global [^\n]*\(mut /]) {
    const found = text.match(forbidden);
    if (found) throw new Error(`the kernels have static data or a mutable global: ${found[0]}`);
  }
  const lines = [
    "// Written by scripts/build-kernels.mjs; not edited by hand.",
    `// Inputs: ${inputHash}`,
    `export const wasmBase64 =\n  "${Buffer.from(binary).toString("base64")}";`,
  ];
  // By renaming, so that a test that starts meanwhile reads the old one or the new one, whole.
  writeFileSync(`${target}.new`, `${lines.join("\n")}\n`);
  renameSync(`${target}.new`, target);
  process.stdout.write(`kernels: ${binary.length} bytes of WebAssembly\n`);
}
