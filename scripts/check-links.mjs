/**
 * Checks the links in every Markdown file: a relative one must lead to a file or folder that exists, an
 * `#anchor` to a heading of the file it names, a link to the web must be a well-formed address. The web
 * itself is not asked: a check must give the same answer offline.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { isMain, listFiles, reportCheck, root } from "./lib/project.mjs";

/**
 * @param {string} projectRoot
 * @returns {{ problems: string[], checked: string }}
 */
export function checkLinks(projectRoot) {
  /** @type {string[]} */
  const problems = [];
  let linkCount = 0;
  const files = listFiles(projectRoot).filter((file) => file.endsWith(".md"));
  for (const file of files) {
    for (const { target, line } of readLinks(readFileSync(join(projectRoot, file), "utf8"))) {
      linkCount++;
      const problem = linkProblem(projectRoot, file, target);
      if (problem !== null) problems.push(`${file}:${line}: ${target}: ${problem}`);
    }
  }
  return { problems, checked: `${linkCount} links in ${files.length} Markdown files` };
}

/**
 * @param {string} projectRoot
 * @param {string} file
 * @param {string} target
 * @returns {string | null}
 */
function linkProblem(projectRoot, file, target) {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) {
    return URL.canParse(target) ? null : "not a well-formed address";
  }
  const [path = "", anchor] = target.split("#", 2);
  const absolute =
    path === "" ? join(projectRoot, file) : join(projectRoot, dirname(file), decodeURI(path));
  if (path.startsWith("/") || relative(projectRoot, absolute).startsWith("..")) {
    return "leads out of the repository; links are relative";
  }
  if (!existsSync(absolute)) return "does not exist";
  // Only Markdown has headings; #L10 of a source file is the viewer's business.
  if (anchor === undefined || !absolute.endsWith(".md") || statSync(absolute).isDirectory())
    return null;
  return readAnchors(readFileSync(absolute, "utf8")).has(decodeURI(anchor))
    ? null
    : "no heading gives that anchor";
}

/**
 * Inline links and images, reference definitions, and `href` and `src` of HTML.
 *
 * @param {string} markdown
 * @returns {{ target: string, line: number }[]}
 */
export function readLinks(markdown) {
  const patterns = [
    /\]\(\s*<?([^\s<>()]*(?:\([^\s()]*\)[^\s<>()]*)*)>?(?:\s+["'(][^)]*)?\s*\)/g,
    /^ {0,3}\[[^\]^][^\]]*\]:\s*<?(\S+?)>?(?:\s|$)/gm,
    /<[a-z]+\b[^>]*?\s(?:href|src)=["']([^"']*)["']/gi,
  ];
  const text = withoutCode(markdown);
  return patterns
    .flatMap((pattern) => [...text.matchAll(pattern)])
    .map((match) => ({
      target: match[1] ?? "",
      line: text.slice(0, match.index).split("\n").length,
    }))
    .sort((a, b) => a.line - b.line);
}

/**
 * The anchors of a file: those that GitHub makes of headings, and `id`s written as HTML.
 *
 * @param {string} markdown
 * @returns {Set<string>}
 */
export function readAnchors(markdown) {
  /** @type {Set<string>} */
  const anchors = new Set();
  for (const [, heading = ""] of withoutFences(markdown).matchAll(
    /^ {0,3}#{1,6}\s+(.+?)\s*#*\s*$/gm,
  )) {
    const base = slug(heading);
    let anchor = base;
    for (let copy = 1; anchors.has(anchor); copy++) anchor = `${base}-${copy}`;
    anchors.add(anchor);
  }
  for (const [, id = ""] of withoutCode(markdown).matchAll(
    /<[a-z]+\b[^>]*?\s(?:id|name)=["']([^"']+)["']/gi,
  )) {
    anchors.add(id);
  }
  return anchors;
}

/**
 * GitHub's rule: the shown text, in small letters, without punctuation, spaces as hyphens.
 *
 * @param {string} heading
 */
function slug(heading) {
  return heading
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1") // of a link only its text is shown
    .replace(/<[^>]+>/g, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replace(/ /g, "-");
}

/**
 * Code shows links that are none. What is taken out leaves its line breaks, so that line numbers hold.
 *
 * @param {string} markdown
 */
function withoutCode(markdown) {
  return withoutFences(markdown)
    .replace(/<!--[\s\S]*?-->/g, lineBreaksOf)
    .replace(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, lineBreaksOf);
}

/** @param {string} markdown */
function withoutFences(markdown) {
  return markdown.replace(
    /^ {0,3}(`{3,}|~{3,})[\s\S]*?(?:^ {0,3}\1[`~]*\s*$|$(?![\s\S]))/gm,
    lineBreaksOf,
  );
}

/** @param {string} text */
function lineBreaksOf(text) {
  return text.replace(/[^\n]/g, "");
}

if (isMain(import.meta.url)) reportCheck(checkLinks(root));
