/**
 * The data of server-sent events, in their order. Of the standard it reads what the service sends: `data` lines, with an event ended by
 * an empty one; comments and other fields are skipped.
 *
 * Source: WHATWG HTML, "Server-sent events", section on parsing.
 */
export async function* dataOfEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<string, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return; // what has no end is no event
      rest += decoder.decode(value, { stream: true });
      const events = rest.split(/\r?\n\r?\n/);
      rest = events.pop() ?? "";
      for (const event of events) {
        const lines = event.split(/\r?\n/).flatMap((line) => /^data: ?(.*)$/.exec(line)?.[1] ?? []);
        if (lines.length > 0) yield lines.join("\n");
      }
    }
  } finally {
    // Ends the connection also where who reads has had enough.
    await reader.cancel().catch(() => {});
  }
}
