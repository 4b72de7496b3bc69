/** Properties as a snapshot has them. */
import type { ByteReader, ByteWriter } from "../core/index.ts";
import type { Properties, Property } from "../event/index.ts";

const isNumber = 0;
const isText = 1;

/** One after the other; their number is the caller's to write. */
export function writeProperties(writer: ByteWriter, properties: Properties): void {
  for (const [name, value] of Object.entries(properties)) {
    writer.text(name);
    writer.u32(typeof value === "string" ? isText : isNumber);
    if (typeof value === "string") writer.text(value);
    else writer.f64(value);
  }
}

export function readProperties(reader: ByteReader, count: number): [string, Property][] {
  return Array.from({ length: count }, () => [
    reader.text(),
    reader.u32() === isText ? reader.text() : reader.f64(),
  ]);
}
