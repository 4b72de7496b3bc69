import { expect, test } from "vitest";
import { eventsOf } from "./body.ts";

const json = "application/json";
const ndjson = "application/x-ndjson";

test("one event, a list, and a list under `events` are the same", () => {
  expect(eventsOf('{"type":"like"}', json)).toEqual([{ type: "like" }]);
  expect(eventsOf('[{"type":"like"},2]', json)).toEqual([{ type: "like" }, 2]);
  expect(eventsOf('{"events":[{"type":"like"}]}', json)).toEqual([{ type: "like" }]);
  expect(eventsOf("[]", json)).toEqual([]);
});

test("what has no list under `events` is one event, for its checks to refuse", () => {
  for (const text of ['{"events":{}}', "7", '"x"', "null"]) {
    expect(eventsOf(text, json)).toEqual([JSON.parse(text)]);
  }
});

test("any content type but that of NDJSON is JSON, also none", () => {
  for (const type of ["", "text/plain", "application/json; charset=utf-8", "x/y"]) {
    expect(eventsOf('{"a":1}', type)).toEqual([{ a: 1 }]);
    expect(() => eventsOf('{"a":1}\n{"a":2}', type)).toThrow(
      expect.objectContaining({ code: "REQUEST_INVALID" }),
    );
  }
});

test("NDJSON: one event a line, blank lines and line ends of any kind aside", () => {
  for (const type of [ndjson, "Application/X-NDJSON; charset=utf-8", "application/jsonl"]) {
    expect(eventsOf('{"a":1}\r\n\n  \n{"a":2}', type)).toEqual([{ a: 1 }, { a: 2 }]);
  }
  expect(eventsOf("", ndjson)).toEqual([]);
  expect(eventsOf('{"a":1}\n', ndjson)).toEqual([{ a: 1 }]);
});

test("a line that is no JSON stands in its place as a text, and costs its neighbours nothing", () => {
  expect(eventsOf('{"a":1}\n{"a":\n{"a":3}', ndjson)).toEqual([{ a: 1 }, '{"a":', { a: 3 }]);
});

test("a byte order mark is passed over", () => {
  expect(eventsOf('\ufeff{"a":1}', json)).toEqual([{ a: 1 }]);
  expect(eventsOf('\ufeff{"a":1}\n', ndjson)).toEqual([{ a: 1 }]);
});

test.each(["", "{", "a=1&b=2", '{"a":1}{"a":2}'])("%j is no JSON, and is refused", (body) => {
  expect(() => eventsOf(body, json)).toThrow(expect.objectContaining({ code: "REQUEST_INVALID" }));
});
