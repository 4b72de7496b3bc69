/**
 * Does any request make the service fail, or grow?
 *
 * A million requests, made of good ones by chance: parts of the path, parameters, headers and bodies are left out, doubled,
 * cut, turned around, replaced by what is too long, too large, of another type, no UTF-8, or of a prototype's name. They go
 * through the whole service in its own process, without sockets; one in twenty over a socket as bytes that may be no HTTP at
 * all, on a server that listens. No reply may be a 5xx, the service must answer in the end, and memory must not have grown
 * between the second tenth of the requests and the last, by more than 10 % and 20 MB.
 *
 * Erasing an account is asked for as well, but for the few that would succeed: each writes a snapshot.
 */
import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { assert, Random } from "#foldback/core";
import { Foldback } from "#foldback/engine";
import { createServer } from "#foldback/http";
import { bar, count, figure, withDirectory } from "./lib/report.ts";

const growthMax = 1.1;
const growthBytesMax = 20e6;
const inFlight = 32;

type Server = ReturnType<typeof createServer>;
interface Fuzzed {
  readonly method: (typeof methods)[number];
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly payload?: string | Buffer;
}

/** With the methods that are sent most. */
const targets = [
  ["POST", "/v1/events"],
  ["POST", "/v1/events"],
  ["GET", "/v1/accounts/account-1/recommendations"],
  ["GET", "/v1/accounts/account-1/recommendations"],
  ["POST", "/v1/items"],
  ["GET", "/v1/items"],
  ["PUT", "/v1/items/item-1"],
  ["GET", "/v1/items/item-1"],
  ["DELETE", "/v1/items/item-1"],
  ["GET", "/v1/items/item-1/similar"],
  ["GET", "/v1/trending"],
  ["GET", "/v1/popular"],
  ["GET", "/v1/latest"],
  ["DELETE", "/v1/accounts/account-1"],
  ["POST", "/v1/track"],
  ["POST", "/v1/identify"],
  ["POST", "/v1/page"],
  ["POST", "/v1/batch"],
  ["GET", "/healthz"],
  ["GET", "/readyz"],
  ["GET", "/metrics"],
  ["GET", "/docs"],
  ["GET", "/openapi.json"],
] as const;
const queries = [
  "n=3",
  "filter=price<4",
  'filter="a" in categories and price*2>=1e3',
  "boost=if(price>3,2,1)",
  "diversity=0.5",
  "artistMax=2",
  "pinned=item-1",
  "exclude=item-2",
  "explain=true",
  "missing=item-3",
  "after=item-1",
  "limit=2",
  "categories=a",
  "device=phone",
] as const;
const methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"] as const;
const odd = [
  "",
  " ",
  "\0",
  "%00",
  "%",
  "%E0%A4%A",
  "../../etc/passwd",
  "__proto__",
  "constructor",
  "toString",
  "-1",
  "1e999",
  "NaN",
  "9007199254740993",
  "((((((((((((((((((((((((((((((((((((((((((",
  "🙂",
  "\ud800",
  "a".repeat(5000),
] as const;
const values: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  0.1,
  "",
  "x".repeat(3000),
  [],
  [[[[[[]]]]]],
  {},
  { a: { b: { c: {} } } },
  "2026-01-01T00:00:00Z",
  "__proto__",
];

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  const requestCount = smoke ? 3000 : 1_000_000;
  await withDirectory(async (dataDirectory) => {
    const engine = await Foldback.open({
      dataDirectory,
      http: { port: 0, bodyBytesMax: 65_536 },
      model: { sizeBytesMax: 256 * 1024 * 1024 },
      // Ids without end are part of it; they have a limit, so that memory has one.
      limits: { itemsMax: 2000, accountsMax: 2000 },
      training: { lagRecordsMax: 1_000_000_000 },
    });
    const server = createServer(engine);
    const address = await server.listen({ port: 0 });
    const fuzz = new Fuzz(server, Number(new URL(address).port));
    const beganMs = performance.now();
    await fuzz.run(requestCount);
    const seconds = (performance.now() - beganMs) / 1000;
    figure("requests", `${count(requestCount)} in ${seconds.toFixed(0)} s`);
    const byStatus = [...fuzz.statuses].sort(([a], [b]) => a - b);
    figure("replies", byStatus.map(([status, times]) => `${status}: ${count(times)}`).join(", "));
    figure("sockets", `${count(fuzz.socketCount)} of them as bytes over a socket`);
    const [early, late] = fuzz.memory;
    figure("memory", `${megabytes(early)} early, ${megabytes(late)} in the end`);
    const last = await server.inject("/v1/accounts/account-1/recommendations?n=3");
    await server.close();
    await engine.close();
    const failed = byStatus.filter(([status]) => status >= 500).length;
    bar("no 5xx", failed === 0, smoke);
    bar("it answers in the end", last.statusCode === 200, smoke);
    const isFlat = late <= early * growthMax + growthBytesMax;
    bar(
      `memory grows by 10 % and 20 MB at most: ${((100 * late) / early - 100).toFixed(1)} %`,
      isFlat,
      smoke,
    );
  });
}

class Fuzz {
  readonly statuses = new Map<number, number>();
  socketCount = 0;
  /** Bytes of the heap and beside it: after two tenths, and in the end. */
  memory: readonly [number, number] = [0, 0];
  readonly #server: Server;
  readonly #port: number;
  readonly #random = new Random(1);

  constructor(server: Server, port: number) {
    this.#server = server;
    this.#port = port;
  }

  async run(requestCount: number): Promise<void> {
    let early = 0;
    for (let done = 0; done < requestCount; done += inFlight) {
      await Promise.all(Array.from({ length: inFlight }, () => this.#one()));
      if (early === 0 && done >= requestCount / 5) early = await heldBytes();
    }
    this.memory = [early, await heldBytes()];
  }

  async #one(): Promise<void> {
    if (this.#random.below(20) === 0) {
      this.socketCount++;
      await this.#sendBytes();
      return;
    }
    const request = this.#request();
    const { statusCode } = await this.#server.inject({ ...request });
    this.statuses.set(statusCode, (this.statuses.get(statusCode) ?? 0) + 1);
    assert(statusCode < 500, `${statusCode} for ${JSON.stringify(request).slice(0, 2000)}`);
  }

  #request(): Fuzzed {
    const [usual, target] = this.#pick(targets);
    const { url, isErasure } = this.#url(target);
    const method = this.#chance(6) ? this.#pick(methods) : usual;
    const body = usual === "POST" || usual === "PUT" || this.#chance(8) ? this.#body() : undefined;
    return {
      method: isErasure && method === "DELETE" ? "GET" : method,
      url,
      headers: this.#headers(),
      ...(body !== undefined && { payload: body }),
    };
  }

  #url(target: string): { url: string; isErasure: boolean } {
    let path = target;
    if (this.#chance(4)) {
      const parts = path.split("/");
      parts[this.#random.below(parts.length)] = this.#pick(odd);
      path = parts.join("/");
    }
    const query = Array.from({ length: this.#random.below(4) }, () => this.#parameter());
    const url = query.length === 0 ? path : `${path}?${query.join("&")}`;
    // What `inject` itself can't put into a request's head goes over the socket instead.
    const sendable = encodeURI(url.replaceAll(/[\ud800-\udfff]/gu, "")).replaceAll("%25", "%");
    const isErasure = /\/v1\/accounts\/[^/?]+\/?$/u.test(sendable.split("?", 1)[0]);
    return { url: sendable.startsWith("/") ? sendable : `/${sendable}`, isErasure };
  }

  #parameter(): string {
    const [name, value = ""] = this.#pick(queries).split(/=(.*)/su);
    switch (this.#random.below(5)) {
      case 0:
        return `${name}=${encodeURIComponent(this.#cut(value))}`;
      case 1:
        return `${this.#pick(odd).slice(0, 40)}=${encodeURIComponent(value)}`;
      case 2:
        return `${name}=${this.#pick(odd).replaceAll(/[\ud800-\udfff]/gu, "")}`;
      default:
        return `${name}=${encodeURIComponent(value)}`;
    }
  }

  #headers(): Record<string, string> {
    const types = ["application/json", "application/x-ndjson", "text/plain", "x", ""];
    return {
      "content-type": this.#chance(6) ? this.#pick(types) : "application/json",
      ...(this.#chance(8) && { authorization: this.#pick(["Basic Og==", "Bearer x", "x"]) }),
      ...(this.#chance(8) && { "if-none-match": '"x"', "x-request-id": "y".repeat(300) }),
    };
  }

  #body(): string | Buffer {
    const whole = JSON.stringify(this.#chance(2) ? [this.#event(), this.#event()] : this.#event());
    switch (this.#random.below(6)) {
      case 0:
        return this.#cut(whole);
      case 1:
        return this.#noisy(Buffer.from(whole), 30, 0xff);
      case 2:
        return "[".repeat(this.#random.below(60_000));
      case 3:
        return `${whole}\n${this.#cut(whole)}`;
      default:
        return whole;
    }
  }

  #event(): Record<string, unknown> {
    const event: Record<string, unknown> = {
      type: this.#pick(["like", "play", "impression", "track", "identify", "item_set", "erase"]),
      time: Date.now(),
      account: `account-${this.#random.below(50)}`,
      item: `item-${this.#random.below(200)}`,
      userId: "u1",
      event: "Product Viewed",
      properties: { product_id: "p1" },
    };
    for (let changes = this.#random.below(5); changes > 0; changes--) {
      const name = this.#pick([...Object.keys(event), "id", "context", "ad", "list", "__proto__"]);
      if (this.#chance(2)) delete event[name];
      else event[name] = this.#pick(values);
    }
    return event;
  }

  /** Whatever becomes of them: the server lives, and answers the others. */
  #sendBytes(): Promise<void> {
    const { url } = this.#url(this.#pick(targets)[1]);
    const head = `${this.#pick(methods)} ${url.slice(0, 200)} HTTP/1.1\r\nhost: x\r\n`;
    const length = this.#pick(["5", "-1", "x", "99999999", "0"]);
    let bytes: Buffer = Buffer.from(`${head}content-length: ${length}\r\n\r\n{"a"`);
    if (this.#chance(2)) bytes = this.#noisy(bytes, 20, 0x0b);
    if (this.#chance(2)) bytes = bytes.subarray(0, this.#random.below(bytes.length));
    return new Promise((resolve) => {
      const socket = connect(this.#port, "127.0.0.1");
      socket.once("close", () => resolve());
      socket.on("error", () => undefined);
      socket.on("data", (reply: Buffer) => {
        const isFailure = reply.toString("latin1").startsWith("HTTP/1.1 5");
        assert(!isFailure, `${reply.toString().slice(0, 300)} for ${bytes.toString("latin1")}`);
      });
      socket.end(bytes);
      void setTimeout(50).then(() => socket.destroy());
    });
  }

  #noisy(bytes: Buffer, oneIn: number, noise: number): Buffer {
    return Buffer.from(bytes.map((byte) => (this.#random.below(oneIn) === 0 ? noise : byte)));
  }

  #cut(text: string): string {
    const at = this.#random.below(text.length + 1);
    return this.#chance(2) ? text.slice(0, at) : text.slice(at) + text.slice(0, at);
  }

  #chance(oneIn: number): boolean {
    return this.#random.uniform() < 1 / oneIn;
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#random.below(list.length)];
  }
}

async function heldBytes(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let round = 0; round < 3; round++) {
    collect();
    await setTimeout(20);
  }
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
