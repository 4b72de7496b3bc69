/**
 * Checks who imports whom, against the table in `imports.json`.
 *
 * - A folder of `src` imports only the folders that the table allows it, and only through their door,
 *   `index.ts`. Tests may also import the folders of `testsOnly`, and any file of them, so that a test
 *   of `core` does not load the engine.
 * - A `closed` folder (AssemblyScript, another language) imports only itself and the files it is given in the
 *   table, which both languages read; nothing imports it.
 * - A `web` folder runs in browsers as well, so what is left of its imports at run time are its own files: of what the
 *   table allows it, and of packages, it imports types alone (`import type`), and it uses no built-in module of Node.
 * - No file takes part in a cycle of imports; imports of types count, as they bind two files as much.
 * - What is shipped imports only packages that are `dependencies`.
 * - `bench` and `examples` import the built engine (`#foldback/…`, `foldback/…`), never `src`.
 * - The page, `dashboard/src`, is bundled for browsers: it imports itself, packages, and of the engine the built folders of `page`; no view
 *   imports another. Its tests import the built engine, and `testsOnly`.
 */
import { existsSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join, posix } from "node:path";
import { parseSync, Visitor } from "oxc-parser";
import { isMain, listFiles, reportCheck, root } from "./lib/project.mjs";

/**
 * @typedef {{ folders: Record<string, string[]>, testsOnly: string[], closed: Record<string, string[]>, web: string[], page: string[] }} Table
 * @typedef {{ specifier: string, kind: "import" | "type" | "url" }} Import `type`: gone when it runs;
 *   `url`: `new URL("./x.js", import.meta.url)`, which is how a worker is named
 */

/**
 * @param {string} projectRoot
 * @param {Table} table
 * @returns {{ problems: string[], checked: string }}
 */
export function checkImports(projectRoot, table) {
  /** @type {string[]} */
  const problems = tableProblems(table);
  /** @type {Map<string, string[]>} */
  const graph = new Map();
  const packageJson = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8"));
  const shipped = new Set([
    ...Object.keys(packageJson.dependencies ?? {}),
    ...Object.keys(packageJson.peerDependencies ?? {}),
    ...Object.keys(packageJson.optionalDependencies ?? {}),
  ]);

  const files = ["src", "bench", "examples", "dashboard"].flatMap((folder) =>
    listFiles(join(projectRoot, folder)).map((file) => `${folder}/${file}`),
  );
  const sources = files.filter((file) => /\.tsx?$/.test(file));
  for (const file of sources) {
    /** @type {string[]} */
    const targets = [];
    const importer = placeOf(file, table);
    if (importer.area === "src" && importer.folder === null) {
      problems.push(`${file}: its folder is not in scripts/imports.json`);
      continue;
    }
    for (const { specifier, kind } of readImports(join(projectRoot, file), importer.closed)) {
      const target = resolve(file, specifier, packageJson.name);
      const problem =
        target.path === null
          ? packageProblem(importer, target.name, kind, shipped)
          : importProblem(importer, placeOf(target.path, table), table, { kind, ...target });
      if (problem !== null) problems.push(`${file}: imports ${specifier}: ${problem}`);
      if (target.path !== null && !target.built && kind !== "url") {
        targets.push(existing(projectRoot, target.path));
      }
    }
    graph.set(file, targets);
  }
  for (const cycle of findCycles(graph)) problems.push(`cycle: ${cycle.join(" → ")}`);
  return { problems, checked: `imports of ${sources.length} files` };
}

/**
 * @typedef {object} Place where a file stands
 * @property {string} path
 * @property {"src" | "outside"} area
 * @property {string | null} folder the folder of src; null: not in the table
 * @property {string | null} closed the closed folder around it
 * @property {boolean} web shipped to browsers
 * @property {boolean} test a test, or a helper of tests
 * @property {boolean} page of what is bundled for browsers
 * @property {string | null} view the view of the page
 */

/**
 * @param {string} path
 * @param {Table} table
 * @returns {Place}
 */
function placeOf(path, table) {
  const [area, folder = ""] = path.split("/");
  const known = folder in table.folders || table.testsOnly.includes(folder);
  const test =
    path.endsWith(".test.ts") ||
    table.testsOnly.includes(folder) ||
    path.startsWith("dashboard/test/");
  return {
    path,
    area: area === "src" ? "src" : "outside",
    folder: area === "src" && known ? folder : null,
    closed: Object.keys(table.closed).find((closed) => path.startsWith(`src/${closed}/`)) ?? null,
    web: area === "src" && table.web.includes(folder) && !test,
    test,
    page: path.startsWith("dashboard/src/"),
    view: /^dashboard\/src\/views\/([^/]+)\//.exec(path)?.[1] ?? null,
  };
}

/**
 * @param {string} file
 * @param {string} specifier
 * @param {string} ownName the package's own name
 * @returns {{ path: string, name: string, built: boolean } | { path: null, name: string, built: false }}
 */
function resolve(file, specifier, ownName) {
  if (specifier.startsWith(".")) {
    const path = posix.join(posix.dirname(file), specifier);
    // How a process or worker that a test starts is given the built engine.
    const door = /^dist\/(.+)\/index\.js$/.exec(path)?.[1];
    if (door !== undefined) return { path: `src/${door}/index.ts`, name: specifier, built: true };
    return { path, name: specifier, built: false };
  }
  const built = /^#foldback\/(.+)$/.exec(specifier)?.[1];
  if (built !== undefined) return { path: `src/${built}/index.ts`, name: specifier, built: true };
  if (specifier === ownName || specifier.startsWith(`${ownName}/`)) {
    const folder = specifier.slice(ownName.length + 1) || "engine"; // "." in package.json's exports
    return { path: `src/${folder}/index.ts`, name: specifier, built: true };
  }
  return { path: null, name: specifier, built: false };
}

/**
 * @param {Place} from
 * @param {Place} to
 * @param {Table} table
 * @param {{ kind: Import["kind"], built: boolean }} how `built`: as the built package
 * @returns {string | null}
 */
function importProblem(from, to, table, { kind, built }) {
  if (from.closed !== to.closed) {
    if (from.closed === null) return "nothing imports that folder; it is compiled by itself";
    const shared = (table.closed[from.closed] ?? []).map((file) => `src/${file}`);
    if (shared.includes(to.path) || shared.includes(`${to.path}.ts`)) return null;
    return `${from.closed} may import only itself and: ${shared.join(", ")}`;
  }
  if (from.page) return pageProblem(from, to, table, built);
  if (from.area === "outside") {
    if (to.area === "outside") return null;
    if (from.test && table.testsOnly.includes(to.folder ?? "")) return null;
    return built ? null : "bench and examples import the built engine, #foldback/FOLDER";
  }
  if (built && !from.test) return "the source of the engine does not import its own build";
  if (to.area === "outside") return "src imports nothing outside src";
  if (to.folder === null) return "that folder is not in scripts/imports.json";
  if (from.folder === to.folder) return null;

  if (table.testsOnly.includes(to.folder)) return from.test ? null : "only tests import it";
  const allowed = table.folders[from.folder ?? ""];
  // A folder of testsOnly has no row: it may import every other.
  if (allowed !== undefined && !allowed.includes(to.folder)) {
    return `${from.folder} may import only: ${allowed.join(", ") || "nothing"}`;
  }
  if (from.web && kind !== "type") return webRule(from);
  return to.path === `src/${to.folder}/index.ts`
    ? null
    : `import its door, ../${to.folder}/index.ts`;
}

/**
 * @param {Place} from
 * @param {Place} to
 * @param {Table} table
 * @param {boolean} built
 */
function pageProblem(from, to, table, built) {
  if (to.page) {
    if (from.view === null || to.view === null || from.view === to.view) return null;
    return "a view imports no other view; what two need stands in components or api";
  }
  if (built && table.page.includes(to.folder ?? "")) return null;
  const allowed = table.page.map((folder) => `foldback/${folder}`).join(", ");
  return `the page speaks HTTP only; of the engine it may import: ${allowed}`;
}

/** @param {Place} from */
function webRule({ folder }) {
  return `${folder} runs in browsers; what is not its own it may import as types, by \`import type\``;
}

/**
 * @param {Place} from
 * @param {string} specifier
 * @param {Import["kind"]} kind
 * @param {Set<string>} shipped
 */
function packageProblem(from, specifier, kind, shipped) {
  if (from.closed !== null) return `${from.closed} imports only itself`;
  if (from.page) return isBuiltin(specifier) ? "browsers have no modules of Node" : null; // bundled
  if (from.web && (kind !== "type" || isBuiltin(specifier))) return webRule(from);
  if (from.area === "outside" || from.test || isBuiltin(specifier)) return null;
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  return shipped.has(name) ? null : "not in package.json's dependencies, but shipped code needs it";
}

/**
 * @param {string} file
 * @param {string | null} closed
 * @returns {Import[]}
 */
function readImports(file, closed) {
  const source = readFileSync(file, "utf8");
  if (closed !== null) return readAssemblyImports(source);
  const { program, errors } = parseSync(file, source);
  const error = errors[0];
  if (error !== undefined) throw new Error(`${file}: ${error.message}`);

  /** @type {Import[]} */
  const found = [];
  /**
   * `import { type A }` leaves an import behind, `import type { A }` none.
   *
   * @param {{ source: { value: string } | null }} declaration
   * @param {"type" | "value" | null | undefined} kind
   */
  const declare = ({ source: from }, kind) => {
    if (from !== null)
      found.push({ specifier: from.value, kind: kind === "type" ? "type" : "import" });
  };
  new Visitor({
    ImportDeclaration: (node) => declare(node, node.importKind),
    ExportNamedDeclaration: (node) => declare(node, node.exportKind),
    ExportAllDeclaration: (node) => declare(node, node.exportKind),
    ImportExpression: ({ source: argument }) => {
      if (argument.type !== "Literal" || typeof argument.value !== "string") return;
      found.push({ specifier: argument.value, kind: "import" });
    },
    TSImportType: ({ source: argument }) => {
      found.push({ specifier: argument.value, kind: "type" });
    },
    NewExpression: ({ callee, arguments: [argument] }) => {
      if (callee.type !== "Identifier" || callee.name !== "URL") return;
      if (argument?.type !== "Literal" || typeof argument.value !== "string") return;
      // Data files are named the same way; only code is an import.
      if (/^\..*\.[cm]?[jt]s$/.test(argument.value)) {
        found.push({ specifier: argument.value, kind: "url" });
      }
    },
  }).visit(program);
  return found;
}

/**
 * AssemblyScript decorates functions, which no parser of TypeScript reads; its imports are plain.
 *
 * @param {string} source
 * @returns {Import[]}
 */
function readAssemblyImports(source) {
  const pattern = /^\s*(?:import|export)\b[^;"']*?["']([^"']+)["']/gm;
  return [...source.matchAll(pattern)].map((match) => ({
    specifier: match[1] ?? "",
    kind: "import",
  }));
}

/**
 * The file that a specifier names: built code says .js, AssemblyScript says nothing, both mean .ts.
 *
 * @param {string} projectRoot
 * @param {string} path
 */
function existing(projectRoot, path) {
  const candidates = [path, path.replace(/\.js$/, ".ts"), `${path}.ts`, `${path}/index.ts`];
  return (
    candidates.find((file) => file.endsWith(".ts") && existsSync(join(projectRoot, file))) ?? path
  );
}

/**
 * The table itself must allow no cycle between folders.
 *
 * @param {Table} table
 */
function tableProblems(table) {
  return findCycles(new Map(Object.entries(table.folders))).map(
    (cycle) => `scripts/imports.json allows a cycle: ${cycle.join(" → ")}`,
  );
}

/**
 * The cycles that a depth-first search closes: none is found only if there is none. Linear in files and imports.
 *
 * @param {Map<string, string[]>} graph
 * @returns {string[][]} each closed: the first name again at its end
 */
export function findCycles(graph) {
  /** @type {string[][]} */
  const cycles = [];
  /** @type {Map<string, "open" | "done">} */
  const state = new Map();
  /** @type {string[]} */
  const path = [];
  /** @param {string} node */
  const visit = (node) => {
    state.set(node, "open");
    path.push(node);
    for (const next of graph.get(node) ?? []) {
      if (state.get(next) === "open") cycles.push([...path.slice(path.indexOf(next)), next]);
      else if (!state.has(next)) visit(next);
    }
    path.pop();
    state.set(node, "done");
  };
  for (const node of graph.keys()) if (!state.has(node)) visit(node);
  return cycles;
}

if (isMain(import.meta.url)) {
  const table = JSON.parse(readFileSync(join(root, "scripts", "imports.json"), "utf8"));
  reportCheck(checkImports(root, table));
}
