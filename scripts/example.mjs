/**
 * Runs an example: `npm run example -- NAME`; without a name it lists them.
 *
 * An example is a program `examples/NAME.ts` that imports foldback by its public names. Its first doc comment
 * says what it shows.
 */
import { join } from "node:path";
import { isMain, listFiles, root, run, tscFile } from "./lib/project.mjs";

/** @param {string[]} args */
async function main([name, ...rest]) {
  const examples = listFiles(join(root, "examples"))
    .filter((file) => file.endsWith(".ts")) // configs lie beside them
    .map((file) => file.slice(0, -".ts".length));
  if (name === undefined) return console.log(`npm run example -- ${examples.join(" | ")}`);
  if (!examples.includes(name) || rest.length > 0) {
    console.error(`one example at a time; there are: ${examples.join(", ")}`);
    process.exitCode = 2;
    return;
  }
  const compiled = await run(process.execPath, [tscFile, "-b", join(root, "tsconfig.bench.json")]);
  if (compiled.code !== 0) {
    console.error(compiled.output.trim());
    process.exitCode = 1;
    return;
  }
  const file = join(root, "build", "examples", `${name}.js`);
  const { code } = await run(process.execPath, ["--enable-source-maps", file], { show: true });
  process.exitCode = code;
}

if (isMain(import.meta.url)) await main(process.argv.slice(2));
