/** The page: what `dashboard` was built into. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { problemSchema } from "../../contract/index.ts";
import { FoldbackError, Type } from "../../core/index.ts";
import { type BoundRoute, boundRoute, type Call, type Reply } from "../route.ts";

interface PageFile {
  readonly plain: Buffer;
  readonly gzip: Buffer;
  readonly type: string;
  readonly etag: string;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** What the page may do: its own scripts and styles, requests to where it came from, and nothing else. */
const policy =
  "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;connect-src 'self';" +
  "base-uri 'none';form-action 'none';frame-ancestors 'none'";

const assetParameters = Type.Object(
  { file: Type.String({ description: "Its name.", minLength: 1, maxLength: 256 }) },
  { additionalProperties: false },
);

/**
 * The page and its files, as they were built: read once, when first asked for, and kept, compressed too (0.5 MB in all). What is not
 * among them can't be asked for, whatever the path.
 *
 * Names of files have hashes of their contents, so browsers keep them for ever; the page itself they ask for again.
 *
 * @param folder none: there is no page, as where the sources run without a build.
 */
export function pageRoutes(
  folder = fileURLToPath(new URL("../../dashboard", import.meta.url)),
): BoundRoute[] {
  if (!existsSync(join(folder, "index.html"))) return [];
  const files = new Map<string, PageFile>();
  const fileOf = (name: string): PageFile => {
    if (files.size === 0) {
      files.set("index.html", readFile(join(folder, "index.html")));
      for (const asset of readdirSync(join(folder, "assets"))) {
        files.set(`assets/${asset}`, readFile(join(folder, "assets", asset)));
      }
    }
    const file = files.get(name);
    if (file === undefined) {
      throw new FoldbackError(
        "NOT_FOUND",
        `the page has no file ${JSON.stringify(name)}; load it anew`,
      );
    }
    return file;
  };
  return [
    boundRoute({
      method: "GET",
      path: "/",
      scope: "none",
      tag: "Operations",
      summary: "The page",
      description: "It asks for a key where the service does.",
      replies: {
        200: { description: "A page.", mediaType: "text/html", headers: { etag: "Of its bytes." } },
        304: { description: "It is as `if-none-match` has it." },
      },
      handle: (call) =>
        answer(fileOf("index.html"), call, {
          "cache-control": "no-cache",
          "content-security-policy": policy,
          "referrer-policy": "no-referrer",
        }),
    }),
    boundRoute({
      method: "GET",
      path: "/assets/{file}",
      scope: "none",
      tag: "Operations",
      summary: "A file of the page",
      params: assetParameters,
      replies: {
        200: { description: "A script, style or picture.", mediaType: "application/octet-stream" },
        304: { description: "It is as `if-none-match` has it." },
        404: { description: "There is none of that name.", schema: problemSchema },
      },
      handle: (call) =>
        answer(fileOf(`assets/${call.params.file}`), call, {
          "cache-control": "public, max-age=31536000, immutable",
        }),
    }),
  ];
}

function readFile(path: string): PageFile {
  const plain = readFileSync(path);
  const hash = createHash("sha256").update(plain).digest("base64url").slice(0, 22);
  return {
    plain,
    gzip: gzipSync(plain, { level: 9 }),
    type: types[extname(path)] ?? "application/octet-stream",
    etag: `"${hash}"`,
  };
}

function answer(
  { plain, gzip, type, etag }: PageFile,
  { headers }: Pick<Call, "headers">,
  own: Readonly<Record<string, string>>,
): Reply {
  const shared = { ...own, etag, vary: "accept-encoding" };
  if (headers["if-none-match"] === etag) return { status: 304, body: "", headers: shared };
  const isGzip = /\bgzip\b/.test(String(headers["accept-encoding"] ?? ""));
  return {
    body: isGzip ? gzip : plain,
    headers: { ...shared, "content-type": type, ...(isGzip && { "content-encoding": "gzip" }) },
  };
}
