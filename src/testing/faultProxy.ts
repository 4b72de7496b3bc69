/** What stands between a client and a service, and fails as networks and proxies do. */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export type Fault =
  /** Passes it on. */
  | "none"
  /** The connection ends, and the service is not asked. */
  | "dropRequest"
  /** The connection ends after the service has answered. */
  | "dropReply"
  /** The same with half of the reply on its way. */
  | "cutReply"
  /** There is no reply. */
  | "stall"
  /** The proxy answers for itself. */
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    };

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface FaultProxy {
  readonly url: string;
  /** What came, in order. */
  readonly requests: readonly Seen[];
  /** Connections that were made. */
  readonly connectionCount: () => number;
  /** Of the next requests, one each; then none. */
  fail(...faults: readonly Fault[]): void;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** In front of the service at `target`, until the test has finished. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const requests: Seen[] = [];
  const faults: Fault[] = [];
  const handle = async (incoming: IncomingMessage, reply: ServerResponse): Promise<void> => {
    const { method = "GET", url = "/", headers } = incoming;
    const seen = { method, url, headers, body: String(await bytesOf(incoming)) };
    requests.push(seen);
    await answer(faults.shift() ?? "none", seen, target, reply);
  };
  const proxy = createServer((incoming, reply) => void handle(incoming, reply));
  let connections = 0;
  proxy.on("connection", () => connections++);
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    requests,
    connectionCount: () => connections,
    fail: (...next) => faults.push(...next),
  };
}

async function answer(
  fault: Fault,
  seen: Seen,
  target: string,
  reply: ServerResponse,
): Promise<void> {
  if (fault === "stall") return;
  if (typeof fault === "object") {
    reply.writeHead(fault.status, fault.headers).end(fault.body ?? "");
    return;
  }
  if (fault === "dropRequest") {
    reply.destroy();
    return;
  }
  const { status, headers, body } = await ask(seen, target);
  if (fault === "dropReply") {
    reply.destroy();
    return;
  }
  reply.writeHead(status, headers);
  if (fault === "none") {
    reply.end(body);
    return;
  }
  reply.write(body.subarray(0, body.length >> 1), () => reply.destroy());
}

function ask({ method, url, headers, body }: Seen, target: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(new URL(url, target), { method, headers }, (reply) => {
      const { statusCode: status = 0, headers } = reply;
      bytesOf(reply).then((body) => resolve({ status, headers, body }), reject);
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  return Buffer.concat((await message.toArray()) as Buffer[]);
}
