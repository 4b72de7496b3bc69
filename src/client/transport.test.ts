/** When a call is tried again, and when it ends. Time and chance are held still; `fetch` answers by a list. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type ClientOptions, FoldbackClient, type FoldbackClientError } from "./index.ts";

const now = Date.parse("2026-01-31T12:00:00Z");

beforeEach(() => {
  vi.useFakeTimers({
    now,
    toFake: ["setTimeout", "clearTimeout", "Date", "performance"],
  });
});

afterEach(() => {
  vi.useRealTimers();
});

type Answer = (init: RequestInit) => Promise<Response>;

const ok: Answer = () => Promise.resolve(new Response('{"items":[],"refused":[]}'));
const lost: Answer = () => Promise.reject(new TypeError("fetch failed"));
/** As `fetch` is when nothing comes: it ends by its signal. */
const silent: Answer = ({ signal }) =>
  new Promise((_, reject) =>
    signal?.addEventListener("abort", () => reject(signal.reason as Error)),
  );
const answer =
  (status: number, headers: Record<string, string> = {}, body = ""): Answer =>
  () =>
    Promise.resolve(new Response(body, { status, headers }));
const problem = (status: number, code: string, headers: Record<string, string> = {}): Answer =>
  answer(
    status,
    { "content-type": "application/problem+json; charset=utf-8", ...headers },
    JSON.stringify({
      type: `urn:foldback:problem:${code}`,
      title: "",
      status,
      detail: "why",
      code,
    }),
  );

/** A client whose waits are half of what they may be, and when its tries began, in milliseconds. */
function clientOf(answers: readonly Answer[], options: Partial<ClientOptions> = {}) {
  const tries: number[] = [];
  const requests: RequestInit[] = [];
  const begun = performance.now();
  const client = new FoldbackClient({
    baseUrl: "http://service.example",
    random: () => 0.5,
    backoffMs: 200,
    attemptsMax: 10,
    totalMsMax: 60_000,
    fetch: (_, init = {}) => {
      const next = answers[tries.length] ?? answers.at(-1) ?? ok;
      tries.push(performance.now() - begun);
      requests.push(init);
      return next(init);
    },
    ...options,
  });
  return { client, tries, requests };
}

/** How a call ends, and when; then nothing is left behind. */
async function endOf(
  call: Promise<unknown>,
): Promise<{ readonly value?: unknown; readonly error?: unknown; readonly at: number }> {
  const begun = performance.now();
  let timers = -1;
  const end = call
    .then(
      (value) => ({ value, at: performance.now() - begun }),
      (error: unknown) => ({ error, at: performance.now() - begun }),
    )
    .finally(() => {
      timers = vi.getTimerCount();
    });
  await vi.runAllTimersAsync();
  expect(timers).toBe(0);
  return end;
}

test("waits double from try to try, up to a bound, and are drawn", async () => {
  const { client, tries } = clientOf([lost, lost, lost, lost, lost, ok], { backoffMsMax: 800 });
  expect((await endOf(client.trending())).value).toEqual({ items: [], refused: [] });
  // Half of 200, 400, 800, 800, 800.
  expect(tries).toEqual([0, 100, 300, 700, 1100, 1500]);
});

test.each([502, 503, 504])("a read is tried again after status %i", async (status) => {
  const { client, tries } = clientOf([answer(status), ok]);
  expect((await endOf(client.popular())).error).toBeUndefined();
  expect(tries).toEqual([0, 100]);
});

test.each([
  [400, "REQUEST_INVALID"],
  [401, "UNAUTHENTICATED"],
  [404, "NOT_FOUND"],
  [500, "INTERNAL"],
])("what a second try can't change is not tried again: %i %s", async (status, code) => {
  const { client, tries } = clientOf([problem(status, code)]);
  expect((await endOf(client.latest())).error).toMatchObject({ code, status });
  expect(tries).toEqual([0]);
});

test("retry-after comes before the drawn wait, in seconds or as a date", async () => {
  const inThree = new Date(now + 5100).toUTCString(); // whole seconds: 12:00:05
  const { client, tries } = clientOf([
    answer(503, { "retry-after": "2" }),
    problem(429, "RATE_LIMITED", { "retry-after": inThree }),
    answer(503, { "retry-after": "soon" }),
    ok,
  ]);
  await endOf(client.trending());
  expect(tries).toEqual([0, 2100, 5200, 5600]);
});

test("a wait beyond the total is not begun: the call fails at once with what the service said", async () => {
  const { client, tries } = clientOf([problem(503, "OVERLOADED", { "retry-after": "60" })]);
  const { error, at } = await endOf(client.trending());
  expect(error).toMatchObject({ code: "OVERLOADED", status: 503, retryAfterMs: 60_000 });
  expect([tries, at]).toEqual([[0], 0]);
});

test("tries end with their number, and with the error of the last", async () => {
  const { client, tries } = clientOf([lost, lost, answer(502, {}, "<html>Bad gateway"), ok]);
  const { error } = await endOf(client.trending(undefined, { attemptsMax: 3 }));
  expect(error).toMatchObject({ code: "REPLY_INVALID", status: 502 });
  expect((error as Error).message).toContain("<html>Bad gateway");
  expect(tries).toEqual([0, 100, 300]);
});

test("a try ends with its time, all of them with the total, and the last may be cut by it", async () => {
  const { client, tries } = clientOf([silent], { timeoutMs: 1000, totalMsMax: 2500 });
  const { error, at } = await endOf(client.trending());
  expect(error).toMatchObject({ code: "TIMED_OUT", status: undefined });
  expect(tries).toEqual([0, 1100, 2300]);
  expect(at).toBe(2500);
});

test("limits of a call come before those of the client", async () => {
  const { client, tries } = clientOf([silent]);
  const limits = { timeoutMs: 50, totalMsMax: 151 };
  const { error, at } = await endOf(client.trending({}, limits));
  expect(error).toMatchObject({ code: "TIMED_OUT" });
  expect([tries, at]).toEqual([[0, 150], 151]);
});

test("a body that does not come counts as no reply", async () => {
  const stuck: Answer = ({ signal }) =>
    Promise.resolve(
      new Response(
        new ReadableStream({
          start: (stream) => signal?.addEventListener("abort", () => stream.error(signal.reason)),
        }),
      ),
    );
  const { client, tries } = clientOf([stuck, ok], { timeoutMs: 1000 });
  expect((await endOf(client.trending())).value).toBeDefined();
  expect(tries).toEqual([0, 1100]);
});

const changes: readonly [string, (client: FoldbackClient) => Promise<unknown>][] = [
  ["putItem", (client) => client.putItem("a", {})],
  ["deleteItem", (client) => client.deleteItem("a")],
  ["patchItem", (client) => client.patchItem("a", {})],
  ["putItems", (client) => client.putItems([])],
  ["putAccount", (client) => client.putAccount("a", {})],
  ["patchAccount", (client) => client.patchAccount("a", {})],
  ["putAccounts", (client) => client.putAccounts([])],
];

test.each(changes)(
  "%s may have been done where no reply came: it is not tried again",
  async (_, change) => {
    for (const fault of [lost, silent, answer(503), answer(502), problem(503, "LOG_UNAVAILABLE")]) {
      const { client, tries } = clientOf([fault, ok]);
      expect((await endOf(change(client))).error).toBeInstanceOf(Error);
      expect(tries).toEqual([0]);
    }
  },
);

test.each(changes)(
  "%s was not done where it was turned away: it is tried again",
  async (_, change) => {
    const { client, tries } = clientOf([
      problem(503, "OVERLOADED"),
      problem(429, "RATE_LIMITED"),
      ok,
    ]);
    expect((await endOf(change(client))).error).toBeUndefined();
    expect(tries).toEqual([0, 100, 300]);
  },
);

test("events are the same in every try, ids and all, and so is the request's id", async () => {
  const { client, tries, requests } = clientOf([lost, silent, answer(503), ok]);
  const events = [
    { type: "like", time: 0, account: "a", item: "b" },
    { type: "like", time: 0, account: "a", item: "b", id: "mine" },
  ];
  await endOf(client.ingest(events));
  expect(tries).toHaveLength(4);
  expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
  expect(JSON.parse(requests[0].body as string)).toEqual([
    { ...events[0], id: expect.stringMatching(/^[0-9a-f]{32}$/) },
    events[1],
  ]);
  const ids = requests.map(({ headers }) => new Headers(headers).get("x-request-id"));
  expect(new Set(ids).size).toBe(1);
});

test("a signal ends a call before it, in a try and between tries, with its own reason", async () => {
  const reason = new Error("enough");
  const before = clientOf([ok]);
  const gone = AbortSignal.abort(reason);
  expect(await endOf(before.client.trending({}, { signal: gone }))).toEqual({
    error: reason,
    at: 0,
  });
  expect(before.tries).toEqual([]);

  for (const [answers, tries] of [
    [[silent], [0]],
    [[answer(503, { "retry-after": "10" })], [0]],
  ] as const) {
    const { client, tries: made } = clientOf(answers);
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 700);
    const end = await endOf(client.trending({}, { signal: controller.signal }));
    expect([end, made]).toEqual([{ error: reason, at: 700 }, tries]);
  }
});

test("a signal of many calls keeps nothing of those that are over", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const added = vi.spyOn(signal, "addEventListener");
  const removed = vi.spyOn(signal, "removeEventListener");
  const { client } = clientOf([lost, ok]);
  await endOf(client.trending({}, { signal }));
  expect(added).toHaveBeenCalledTimes(3); // two tries, one wait
  expect(removed).toHaveBeenCalledTimes(3);
});

test("success that is no JSON, and errors that are none of the service's", async () => {
  const html = "<html>Welcome to the hotel";
  for (const [reply, status] of [
    [answer(200, { "content-type": "text/html" }, html), 200],
    [answer(404, { "content-type": "text/html" }, html), 404],
    [answer(404, { "content-type": "application/problem+json" }, "{}"), 404],
    [answer(404, { "content-type": "application/json" }, '{"code":"NOT_FOUND","detail":""}'), 404],
  ] as const) {
    const { error } = await endOf(clientOf([reply]).client.trending());
    expect(error).toMatchObject({ code: "REPLY_INVALID", status });
  }
});

test("503 is a status where it is the service's, and an error where it is another's", async () => {
  const errorOf = async (reply: Answer) =>
    (await endOf(clientOf([reply]).client.status({ attemptsMax: 1 }))).error;
  const html = answer(503, { "content-type": "text/html" }, "<html>");
  expect(await errorOf(html)).toMatchObject({ code: "REPLY_INVALID", status: 503 });
  expect(await errorOf(problem(503, "CLOSED"))).toMatchObject({ code: "CLOSED", status: 503 });
});

test("a code that this version does not know is passed on", async () => {
  const { error } = await endOf(clientOf([problem(418, "TEAPOT")]).client.trending());
  expect((error as FoldbackClientError).code).toBe("TEAPOT");
});
