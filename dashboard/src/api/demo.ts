/** What only a demo answers; a service of a real stream is not asked. */
import type { Demo } from "foldback/client";

const path = "v1/demo";

/** @param asked which household and which listener is looked at; empty: who has most to show. */
export function askDemo(
  asked: { readonly home: string; readonly account: string },
  signal: AbortSignal,
): Promise<Demo> {
  const query = new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== ""));
  return told<Demo>(fetch(`${path}?${query.toString()}`, { signal }));
}

export async function changeDemo(change: {
  readonly speed?: number;
  readonly isPaused?: boolean;
}): Promise<void> {
  const headers = { "content-type": "application/json" };
  await told(fetch(path, { method: "PUT", headers, body: JSON.stringify(change) }));
}

async function told<T>(asking: Promise<Response>): Promise<T> {
  const reply = await asking;
  const body: unknown = await reply.json();
  if (reply.ok) return body as T; // as the contract has it
  const { detail = reply.statusText } = body as { readonly detail?: string };
  throw new Error(detail);
}
