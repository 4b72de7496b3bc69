/** The page as a browser is sent it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Foldback } from "#foldback/engine";
import { createServer } from "#foldback/http";
import { smallConfig } from "../testing/smallEngine.ts";

let directory: string;
let engine: Foldback;
let server: ReturnType<typeof createServer>;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "foldback-page-"));
  engine = await Foldback.open(smallConfig(directory));
  server = createServer(engine);
});

afterAll(async () => {
  await server.close();
  await engine.close();
  rmSync(directory, { recursive: true });
});

test("the page names only files that are there, and nothing of another host", async () => {
  const { statusCode, body, headers } = await server.inject("/");
  expect([statusCode, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
  expect(body).not.toMatch(/https?:\/\/|<script(?![^>]*\bsrc=)|<style|\son\w+=/);
  const files = [...body.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, file]) => file);
  expect(files.length).toBeGreaterThanOrEqual(3);
  for (const file of files) {
    const reply = await server.inject(`/${file}`);
    expect([file, reply.statusCode]).toEqual([file, 200]);
    expect(file).toMatch(/-[\w-]{8}\.(?:js|css|svg)$/); // a hash of its contents
    expect(reply.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(reply.headers["x-content-type-options"]).toBe("nosniff");
  }
});

test("it may run its own scripts, and talk to where it came from", async () => {
  const { headers } = await server.inject("/");
  expect(headers["content-security-policy"]).toContain("default-src 'none';script-src 'self';");
  expect(headers["content-security-policy"]).not.toContain("unsafe");
  expect([headers["cache-control"], headers["referrer-policy"]]).toEqual([
    "no-cache",
    "no-referrer",
  ]);
});

test("it is sent compressed to who takes that, and not at all to who has it", async () => {
  const plain = await server.inject("/");
  const gzip = await server.inject({ url: "/", headers: { "accept-encoding": "gzip, br" } });
  expect(gzip.headers["content-encoding"]).toBe("gzip");
  expect(gunzipSync(gzip.rawPayload).equals(plain.rawPayload)).toBe(true);
  const etag = String(plain.headers.etag);
  const again = await server.inject({ url: "/", headers: { "if-none-match": etag } });
  expect([again.statusCode, again.body]).toEqual([304, ""]);
});

test("what is no file of it can't be asked for", async () => {
  for (const url of ["/assets/..%2findex.html", "/assets/..%2f..%2fpackage.json", "/assets/x.js"]) {
    const reply = await server.inject(url);
    expect([url, reply.statusCode]).toEqual([url, 404]);
  }
});
