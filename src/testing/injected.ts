import type { createServer } from "#foldback/http";

/** Asks the service of a test without a socket. A payload that is no text goes as JSON; an empty reply has the body `{}`. */
export async function injected<Body extends object>(
  server: ReturnType<typeof createServer>,
  method: "GET" | "PUT" | "PATCH" | "POST" | "DELETE",
  url: string,
  payload?: unknown,
  headers: Record<string, string> = {},
): Promise<{
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Partial<Body>;
}> {
  const reply = await server.inject({
    method,
    url,
    headers,
    ...(payload === undefined
      ? {}
      : { payload: typeof payload === "string" ? payload : JSON.stringify(payload) }),
  });
  const body = reply.body === "" ? {} : reply.json<Body>();
  return { status: reply.statusCode, headers: reply.headers, body };
}
