import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { withRoom } from "./growable.ts";

describe("bytes of snapshots", () => {
  it("reads back what was written, in the same order", () => {
    const values = fc.record({
      whole: fc.nat(),
      number: fc.double({ noNaN: true }),
      text: fc.string({ unit: "grapheme" }),
      floats: fc.float32Array(),
      keys: fc.bigUint64Array(),
    });
    fc.assert(
      fc.property(fc.array(values), (list) => {
        const writer = new ByteWriter();
        for (const { whole, number, text, floats, keys } of list) {
          writer.u32(whole);
          writer.f64(number);
          writer.text(text);
          writer.array(floats);
          writer.array(keys);
        }
        const reader = new ByteReader(writer.bytes().slice(), "test");
        for (const { whole, number, text, floats, keys } of list) {
          expect(reader.u32()).toBe(whole);
          expect(reader.f64()).toBe(number);
          expect(reader.text()).toBe(text);
          expect(reader.array(Float32Array)).toEqual(floats);
          expect(reader.array(BigUint64Array)).toEqual(keys);
        }
        reader.end();
      }),
    );
  });

  it("refuses to read past the end, and to leave bytes over", () => {
    const writer = new ByteWriter();
    writer.u32(1000); // the length of an array that is not there
    const cut = new ByteReader(writer.bytes(), "cut");
    expect(() => cut.array(Float64Array)).toThrow(
      expect.objectContaining({ code: "DATA_CORRUPT" }),
    );
    const over = new ByteReader(new Uint8Array(5), "over");
    over.u32();
    expect(() => over.end()).toThrow(expect.objectContaining({ code: "DATA_CORRUPT" }));
  });

  it("keeps the numbers of an array that grows", () => {
    const small = Float32Array.of(1, 2, 3);
    expect(withRoom(small, 3)).toBe(small);
    const larger = withRoom(small, 4);
    expect(larger.length).toBeGreaterThanOrEqual(6);
    expect([...larger.subarray(0, 4)]).toEqual([1, 2, 3, 0]);
  });
});
