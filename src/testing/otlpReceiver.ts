/**
 * A collector that takes traces by OTLP/HTTP, as protobuf, and reads them by the numbers of the public schema alone:
 * https://github.com/open-telemetry/opentelemetry-proto/blob/v1.7.0/opentelemetry/proto/trace/v1/trace.proto
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { onTestFinished } from "vitest";

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty of one without. */
  readonly parentSpanId: string;
  readonly name: string;
  /** 1: internal, 2: server. */
  readonly kind: number;
  /** Epoch nanoseconds. */
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** 0: unset, 2: error. */
  readonly status: number;
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface OtlpReceiver {
  readonly address: string;
  readonly spans: ReceivedSpan[];
  /** Everything that came, as text: for what must not be in it. */
  text(): string;
}

/** Listens at any port until the end of the test. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const bodies: Buffer[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const raw = Buffer.concat(parts);
      const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(raw) : raw;
      const isTaken =
        request.method === "POST" &&
        request.url === "/v1/traces" &&
        request.headers["content-type"] === "application/x-protobuf";
      if (isTaken) {
        bodies.push(body);
        spans.push(...spansIn(body));
      }
      response.writeHead(isTaken ? 200 : 404, { "content-type": "application/x-protobuf" }).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    spans,
    text: () => Buffer.concat(bodies).toString("latin1"),
  };
}

type Value = bigint | Buffer;
type Message = ReadonlyMap<number, readonly Value[]>;

/** ExportTraceServiceRequest. */
function spansIn(body: Buffer): ReceivedSpan[] {
  return messages(fieldsOf(body), 1).flatMap((resourceSpans) => {
    const [resource] = messages(resourceSpans, 1);
    const attributes = attributesIn(resource, 1);
    return messages(resourceSpans, 2)
      .flatMap((scopeSpans) => messages(scopeSpans, 2))
      .map((span) => spanOf(span, attributes));
  });
}

function spanOf(span: Message, resource: ReceivedSpan["resource"]): ReceivedSpan {
  const [status] = messages(span, 15);
  return {
    traceId: bytes(span, 1).toString("hex"),
    spanId: bytes(span, 2).toString("hex"),
    parentSpanId: bytes(span, 4).toString("hex"),
    name: bytes(span, 5).toString(),
    kind: Number(number(span, 6)),
    start: number(span, 7),
    end: number(span, 8),
    attributes: attributesIn(span, 9),
    status: status === undefined ? 0 : Number(number(status, 3)),
    resource,
  };
}

/** Of a list of KeyValue: texts, truth values and whole numbers, which are all that are sent. */
function attributesIn(message: Message, field: number): Record<string, unknown> {
  return Object.fromEntries(
    messages(message, field).map((each) => {
      const [value] = messages(each, 2);
      const key = bytes(each, 1).toString();
      if (value.has(1)) return [key, bytes(value, 1).toString()];
      if (value.has(2)) return [key, number(value, 2) === 1n];
      return [key, Number(number(value, 3))];
    }),
  );
}

function messages(message: Message, field: number): Message[] {
  return (message.get(field) ?? []).map((each) => fieldsOf(each as Buffer));
}

function bytes(message: Message, field: number): Buffer {
  return (message.get(field)?.[0] as Buffer | undefined) ?? Buffer.alloc(0);
}

function number(message: Message, field: number): bigint {
  return (message.get(field)?.[0] as bigint | undefined) ?? 0n;
}

/** The wire format: a tag (field · 8 + type) before each value. */
function fieldsOf(buffer: Buffer): Message {
  const fields = new Map<number, Value[]>();
  let position = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = buffer[position++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => {
    position += length;
    return buffer.subarray(position - length, position);
  };
  const read = (type: number): Value => {
    if (type === 0) return varint();
    if (type === 1) return take(8).readBigUInt64LE();
    if (type === 2) return take(Number(varint()));
    if (type === 5) return BigInt(take(4).readUInt32LE());
    throw new Error(`wire type ${type}`);
  };
  while (position < buffer.length) {
    const tag = Number(varint());
    const field = Math.floor(tag / 8);
    fields.set(field, [...(fields.get(field) ?? []), read(tag % 8)]);
  }
  return fields;
}
