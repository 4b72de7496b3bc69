import { expect, test } from "vitest";
import { readProto } from "./proto.ts";

const read = (hex: string) => readProto(Buffer.from(hex.replaceAll(" ", ""), "hex"));

test("the manual's own examples are read", () => {
  expect(read("08 96 01")).toEqual([{ number: 1, value: 150 }]);
  expect(read("12 07 74 65 73 74 69 6e 67")).toEqual([
    { number: 2, value: Buffer.from("testing") },
  ]);
  expect(read("1a 03 08 96 01")).toEqual([{ number: 3, value: Buffer.from([8, 0x96, 1]) }]);
  expect(read("08 fe ff ff ff ff ff ff ff ff 01")).toEqual([{ number: 1, value: -2 }]);
});

test("doubles and floats are read, and no field is an empty message", () => {
  expect(read("39 00 00 00 00 00 00 0c 40")).toEqual([{ number: 7, value: 3.5 }]);
  expect(read("0d 00 00 60 40")).toEqual([{ number: 1, value: 3.5 }]);
  expect(read("")).toEqual([]);
});

test.each([
  ["08", "a varint that does not end"],
  ["08 ff ff ff ff ff ff ff ff ff ff 01", "a varint of more than 10 bytes"],
  ["12 07 74", "bytes that are cut off"],
  ["39 00", "a double that is cut off"],
  ["0d 00", "a float that is cut off"],
  ["00 01", "field 0"],
  ["0b", "a group"],
])("%s is none: %s", (hex) => {
  expect(read(hex)).toBeUndefined();
});
