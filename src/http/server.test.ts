/** The service, request by request; the engine behind it is a real one. */

import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { Foldback } from "#foldback/engine";
import { createServer } from "#foldback/http";
import { likes, likesBegin, smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";

const limits = { batchEventsMax: 40, bodyBytesMax: 16_384 };
let directory: string;
let engine: Foldback;
let server: ReturnType<typeof createServer>;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "foldback-http-"));
  engine = await Foldback.open({ ...smallConfig(directory), http: limits });
  for (let n = 0; n < 400; n += 40) await engine.ingest(likes(n, 40));
  await engine.settled();
  server = createServer(engine);
});

afterAll(async () => {
  await server.close();
  await engine.close();
  rmSync(directory, { recursive: true });
});

interface Reply {
  readonly status: number;
  readonly body: {
    readonly code?: string;
    readonly detail?: string;
    readonly refused?: readonly unknown[];
    readonly items?: readonly { readonly item: string; readonly score: number }[];
    readonly [field: string]: unknown;
  };
  readonly headers: Readonly<Record<string, unknown>>;
}

async function ask(
  method: "GET" | "POST" | "PUT" | "DELETE",
  url: string,
  payload?: string | Buffer,
  contentType?: string,
): Promise<Reply> {
  const headers = contentType === undefined ? {} : { "content-type": contentType };
  const reply = await server.inject({
    method,
    url,
    headers,
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: reply.statusCode, body: reply.json(), headers: reply.headers };
}

const post = (body: unknown, contentType = "application/json"): Promise<Reply> =>
  ask("POST", "/v1/events", typeof body === "string" ? body : JSON.stringify(body), contentType);

const like = (account: string, item: string, more: object = {}): object => ({
  type: "like",
  time: likesBegin + 500_000,
  account,
  item,
  ...more,
});

test("one event, a list, a list under `events` and NDJSON are taken with 202", async () => {
  const events = [like("poster", "item-1"), like("poster", "item-2")];
  const lines = events.map((event) => JSON.stringify(event)).join("\n");
  for (const [body, accepted, type] of [
    [events[0], 1, "application/json"],
    [events, 2, "application/json"],
    [{ events }, 2, "application/json; charset=utf-8"],
    [lines, 2, "application/x-ndjson"],
  ] as const) {
    const reply = await post(body, type);
    expect(reply.status).toBe(202);
    expect(reply.body).toEqual({ accepted, duplicates: 0, refused: [] });
    expect(reply.headers["content-type"]).toBe("application/json; charset=utf-8");
  }
});

test("without a content type the body is JSON", async () => {
  const reply = await ask("POST", "/v1/events", JSON.stringify(like("plain", "item-3")));
  expect([reply.status, reply.body["accepted"]]).toEqual([202, 1]);
  const form = await post(like("plain", "item-4"), "application/x-www-form-urlencoded");
  expect([form.status, form.body["accepted"]]).toEqual([202, 1]);
});

test("a content type that is none is refused", async () => {
  const reply = await post(like("plain", "item-3"), "nonsense");
  expect([reply.status, reply.body.code]).toEqual([415, "MEDIA_TYPE_UNSUPPORTED"]);
});

test("a bad event is refused with index, field, what came and what is allowed; the others are taken", async () => {
  const reply = await post([
    like("mixed", "item-1"),
    like("mixed", "item-2", { time: "yesterday" }),
    like("mixed", "item-3", { colour: "red" }),
    "no event",
    like("mixed", "item-4"),
  ]);
  expect(reply.status).toBe(202);
  expect(reply.body).toEqual({
    accepted: 2,
    duplicates: 0,
    refused: [
      {
        index: 1,
        field: "time",
        came: '"yesterday"',
        allowed: expect.stringContaining("RFC 3339"),
      },
      { index: 2, field: "colour", came: '"red"', allowed: expect.stringContaining("context") },
      { index: 3, field: "event", came: '"no event"', allowed: "a JSON object" },
    ],
  });
});

test("a broken line of NDJSON is refused at its index, and its neighbours are taken", async () => {
  const line = (item: string): string => JSON.stringify(like("lines", item));
  const reply = await post(
    `${line("item-1")}\n{"type":\n\n${line("item-2")}\n`,
    "application/x-ndjson",
  );
  expect(reply.status).toBe(202);
  expect(reply.body).toMatchObject({
    accepted: 2,
    refused: [{ index: 1, field: "event", came: '"{\\"type\\":"', allowed: "a JSON object" }],
  });
});

test("a batch of which nothing can be taken is 400, with every refusal", async () => {
  const before = engine.status().records;
  const reply = await post([{ type: "like" }, 7]);
  expect(reply.status).toBe(400);
  expect(reply.body).toMatchObject({
    type: "urn:foldback:problem:EVENT_INVALID",
    code: "EVENT_INVALID",
    detail: expect.stringMatching(/^time is nothing; allowed: /),
    accepted: 0,
    refused: [{ index: 0 }, { index: 1 }],
  });
  expect(engine.status().records).toBe(before);
});

test("an id that came before is counted as a duplicate, and is no error", async () => {
  const event = like("twice", "item-1", { id: "once" });
  expect((await post([event, event])).body).toMatchObject({ accepted: 1, duplicates: 1 });
  const again = await post(event);
  expect([again.status, again.body["duplicates"]]).toEqual([202, 1]);
});

test("an empty batch is taken; an empty body is no JSON", async () => {
  expect(await post([])).toMatchObject({ status: 202, body: { accepted: 0, refused: [] } });
  expect(await post("", "application/x-ndjson")).toMatchObject({ status: 202 });
  expect(await post("")).toMatchObject({
    status: 400,
    body: { code: "REQUEST_INVALID" },
  });
  expect(await ask("POST", "/v1/events")).toMatchObject({ status: 400 });
});

test("bad JSON is 400, and is shown in short", async () => {
  const { status, body } = await post(`{"type": "like",${" ".repeat(500)}`);
  expect([status, body.code]).toEqual([400, "REQUEST_INVALID"]);
  expect(body.detail).toMatch(/^the body is no JSON: "\{\\"type\\": .*allowed: an event/);
  expect(body.detail?.length).toBeLessThan(300);
});

test("compressed bytes are refused as such", async () => {
  const reply = await server.inject({
    method: "POST",
    url: "/v1/events",
    headers: { "content-encoding": "gzip", "content-type": "application/json" },
    payload: Buffer.from([0x1f, 0x8b, 8, 0]),
  });
  expect([reply.statusCode, reply.json<Reply["body"]>().code]).toEqual([
    415,
    "MEDIA_TYPE_UNSUPPORTED",
  ]);
  expect(reply.body).toContain("content-encoding");
});

test("too many events, or too many bytes, are 413, and none is taken", async () => {
  const before = engine.status().records;
  const many = await post(Array.from({ length: 41 }, (_, i) => like("many", `item-${i}`)));
  expect([many.status, many.body.code]).toEqual([413, "BATCH_TOO_LARGE"]);
  expect(many.body.detail).toContain("41 events; allowed: 40");
  const lines = await post("7\n".repeat(41), "application/x-ndjson");
  expect([lines.status, lines.body.code]).toEqual([413, "BATCH_TOO_LARGE"]);
  const large = await post(`[${" ".repeat(16_384)}]`);
  expect([large.status, large.body.code]).toEqual([413, "BATCH_TOO_LARGE"]);
  expect(large.body.detail).toContain("16384 bytes");
  expect(engine.status().records).toBe(before);
});

test("recommendations: 10 of them, or n; best first; never what the account had", async () => {
  const { status, body } = await ask("GET", "/v1/accounts/account-1/recommendations");
  expect(status).toBe(200);
  expect(body["account"]).toBe("account-1");
  expect(body.items).toHaveLength(10);
  const scores = body.items?.map(({ score }) => score) ?? [];
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  const three = await ask("GET", "/v1/accounts/account-1/recommendations?n=3");
  expect(three.body.items).toEqual(body.items?.slice(0, 3));

  const [first] = body.items ?? [];
  expect((await post(like("account-1", first.item))).status).toBe(202);
  const after = await ask("GET", "/v1/accounts/account-1/recommendations?n=500");
  expect(after.body.items?.map(({ item }) => item)).not.toContain(first.item);
});

test.each(["0", "501", "-1", "1.5", "ten", "", "1e1", "99999999999999999999"])(
  "n = %j is refused by its name",
  async (n) => {
    const reply = await ask("GET", `/v1/accounts/a/recommendations?n=${n}`);
    expect([reply.status, reply.body.code]).toEqual([400, "REQUEST_INVALID"]);
    expect(reply.body.detail).toContain(
      `n is ${JSON.stringify(n)}; allowed: a whole number from 1 to 500`,
    );
  },
);

test("n twice is refused", async () => {
  expect((await ask("GET", "/v1/accounts/a/recommendations?n=1&n=2")).status).toBe(400);
});

test.each([
  "Zoë Müller",
  "a/b",
  "100%",
  "東京-🎧",
  "x?y&z=1#",
  "a+b",
  "é".repeat(256),
  "/".repeat(256),
])("an account of any characters is the same account in both requests: %j", async (account) => {
  const url = `/v1/accounts/${encodeURIComponent(account)}/recommendations?n=500`;
  const before = await ask("GET", url);
  expect([before.status, before.body["account"]]).toEqual([200, account]);
  const [first] = before.body.items ?? [];
  expect((await post(like(account, first.item))).status).toBe(202);
  const after = await ask("GET", url);
  expect(after.body.items?.map(({ item }) => item)).not.toContain(first.item);
});

test("an account that is too long, empty, or no text, is refused", async () => {
  for (const account of ["x".repeat(257), "x".repeat(5000), "", "%ZZ", "%FF"]) {
    const reply = await ask("GET", `/v1/accounts/${account}/recommendations`);
    expect(reply.status, account).toBe(400);
    expect(reply.body.code, account).toBe("REQUEST_INVALID");
  }
});

test("a session that is nobody's account has recommendations of its own", async () => {
  const url = "/v1/accounts/session-77/recommendations?n=500";
  const [first] = (await ask("GET", url)).body.items ?? [];
  const event = { type: "like", time: likesBegin, session: "session-77", item: first.item };
  expect((await post(event)).body["accepted"]).toBe(1);
  expect((await ask("GET", url)).body.items?.map(({ item }) => item)).not.toContain(first.item);
});

test("an unknown route is 404 and a wrong method 405, both with what there is", async () => {
  const lost = await ask("GET", "/v1/nothing?secret=1");
  expect([lost.status, lost.body.code]).toEqual([404, "NOT_FOUND"]);
  expect(lost.body.detail).toMatch(/^there is no GET \/v1\/nothing; there are POST \/v1\/events, /);
  const wrong = await ask("GET", "/v1/track");
  expect([wrong.status, wrong.headers["allow"]]).toEqual([405, "POST"]);
  const put = await ask("PUT", "/v1/accounts/a/recommendations", "{}", "application/json");
  expect([put.status, put.headers["allow"]]).toEqual([405, "GET"]);
  expect((await ask("DELETE", "/readyz")).status).toBe(405);
});

test("healthz answers; readyz says how far the engine is", async () => {
  expect(await ask("GET", "/healthz")).toMatchObject({ status: 200, body: { status: "ok" } });
  await engine.settled();
  const { status, body } = await ask("GET", "/readyz");
  expect(status).toBe(200);
  // What is said of health changes with the time.
  const { health: _, ...rest } = engine.status();
  expect(body).toEqual({ ...rest, health: expect.objectContaining({ recentAlarms: [] }) });
  expect(body).toMatchObject({ ready: true, trainingLag: 0, servingLag: 0 });
});

test("until it has caught up it answers, but is not ready; then it is; closing, it is neither", async () => {
  const of = temporaryDirectory();
  const config = smallConfig(of, { snapshotEverySeconds: 86_400 });
  const first = await Foldback.open(config);
  for (let n = 0; n < 10_000; n += 5000) await first.ingest(likes(n, 5000));
  await first.close();
  const late = await Foldback.open({ ...config, model: { dim: 8 } }); // learns all of it again
  onTestFinished(() => late.close());
  const service = createServer(late);
  const statusOf = async (url: string): Promise<number> => (await service.inject(url)).statusCode;
  expect(await statusOf("/readyz")).toBe(503);
  expect(await statusOf("/healthz")).toBe(200);
  expect(await statusOf("/v1/accounts/a/recommendations")).toBe(200);
  await late.settled();
  expect(await statusOf("/readyz")).toBe(200);

  await late.close();
  expect(await statusOf("/readyz")).toBe(503);
  expect(await statusOf("/healthz")).toBe(200);
  const refused = await service.inject({ method: "POST", url: "/v1/events", payload: "[]" });
  expect([refused.statusCode, refused.json<Reply["body"]>().code]).toEqual([503, "CLOSED"]);
  expect(refused.headers["retry-after"]).toBe("1");
  const asked = await service.inject("/v1/accounts/a/recommendations");
  expect([asked.statusCode, asked.json<Reply["body"]>().code]).toEqual([503, "CLOSED"]);
});

test("through a socket: a request, and one that is under way when the service is told to close", async () => {
  const service = createServer(engine);
  const { port } = new URL(await service.listen({ host: "127.0.0.1", port: 0 }));
  const socket = connect(Number(port), "127.0.0.1");
  onTestFinished(() => {
    socket.destroy();
  });
  let received = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    received += text;
  });
  const body = JSON.stringify(like("socket", "item-5"));
  const head = `POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  socket.write(head + body);
  await expect.poll(() => received).toContain('{"accepted":1,');
  expect(received).toMatch(/^HTTP\/1\.1 202 Accepted\r\n/);

  received = "";
  socket.write(head); // a request under way when the service is told to close
  await new Promise((resolve) => setTimeout(resolve, 20));
  const closing = service.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
  socket.write(body);
  await closing;
  await expect.poll(() => received).toMatch(/^HTTP\/1\.1 202 Accepted\r\n/);
  expect(received).toContain("connection: close");
});

test("a bug is 500 with a number to find it by, and shows nothing of the inside", async () => {
  const broken = createServer(
    Object.assign(Object.create(engine) as Foldback, {
      status: () => {
        throw new Error("secret detail");
      },
    }),
  );
  const written: string[] = [];
  const { write } = process.stderr;
  process.stderr.write = (text) => written.push(String(text)) > 0;
  try {
    const reply = await broken.inject("/readyz");
    expect([reply.statusCode, reply.json<Reply["body"]>().code]).toEqual([500, "INTERNAL"]);
    expect(reply.body).not.toContain("secret");
    const [, id] = /under ([\w-]+)"/.exec(reply.body) ?? [];
    expect(written.join("")).toMatch(new RegExp(`^${id} GET /readyz: Error: secret detail\n`));
  } finally {
    process.stderr.write = write;
  }
});
