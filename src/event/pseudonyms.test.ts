import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { encodeEvent } from "./codec.ts";
import { Pseudonyms } from "./pseudonyms.ts";

const key = Buffer.from("0123456789abcdef0123456789abcdef");
const pseudonyms = new Pseudonyms(key);

test("a pseudonym is the HMAC of the name, and stays what it is", () => {
  // RFC 4231, test case 2, whose digest begins 5bdcc146bf60754e6a042426089575c7 in hexadecimal.
  const published = new Pseudonyms(Buffer.from("Jefe")).of("what do ya want for nothing?");
  expect(published).toBe(
    `~${Buffer.from("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", "hex").toString("base64url").slice(0, 22)}`,
  );
  expect(pseudonyms.of(published)).toBe(published);
  expect(pseudonyms.of("listener-17")).toBe(
    `~${createHmac("sha256", key).update("listener-17").digest("base64url").slice(0, 22)}`,
  );
  expect(pseudonyms.of("listener-17")).not.toBe(pseudonyms.of("listener-18"));
  expect(new Pseudonyms(Buffer.alloc(32)).of("listener-17")).not.toBe(pseudonyms.of("listener-17"));
});

test("an event loses the names of account, session and device, and nothing else", () => {
  const event = {
    id: "e1",
    type: "play",
    time: 1_700_000_000_000,
    account: "listener-17",
    session: "s1",
    device: "phone",
    item: "listener-17",
    context: { device: "phone" },
  };
  const before = encodeEvent(event);
  const replaced = pseudonyms.inEvent(event);
  expect(replaced).toEqual({
    ...event,
    account: pseudonyms.of("listener-17"),
    session: pseudonyms.of("s1"),
    device: pseudonyms.of("phone"),
  });
  expect(Object.keys(replaced)).toEqual(Object.keys(event));
  expect(encodeEvent(event)).toBe(before);
  expect(pseudonyms.inEvent(replaced)).toEqual(replaced);
  const anonymous = { type: "visit", time: 1, session: "s1" };
  expect(pseudonyms.inEvent(anonymous)).toEqual({ ...anonymous, session: pseudonyms.of("s1") });
});

test("more names than are remembered have the pseudonyms that they had", () => {
  const first = pseudonyms.of("name-0");
  for (let n = 0; n < 60_000; n++) pseudonyms.of(`name-${n}`);
  expect(pseudonyms.of("name-0")).toBe(first);
});

test("without a key names stay, and events are the same objects", () => {
  const none = new Pseudonyms(undefined);
  const events = [{ type: "play", time: 1, account: "listener-17", item: "i" }];
  expect(none.of("listener-17")).toBe("listener-17");
  expect(none.inEvents(events)).toBe(events);
});

test("a link loses both names", () => {
  const link = { type: "link", time: 1, account: "a", context: { account: "b", why: "merged" } };
  expect(pseudonyms.inEvent(link)).toEqual({
    ...link,
    account: pseudonyms.of("a"),
    context: { account: pseudonyms.of("b"), why: "merged" },
  });
});
