/** A field of a protobuf message: its number, and a number (varint, fixed) or bytes. */
export interface ProtoField {
  readonly number: number;
  readonly value: number | Buffer;
}

/**
 * Reads the fields of a protobuf message, in its order; undefined where the bytes are none. Numbers are read
 * as int64 or double, as which they are exact up to 2^53.
 *
 * Source: Protocol Buffers, "Encoding".
 */
export function readProto(bytes: Buffer): ProtoField[] | undefined {
  const fields: ProtoField[] = [];
  const cursor = { at: 0 };
  while (cursor.at < bytes.length) {
    const tag = readVarint(bytes, cursor);
    const value = readValue(bytes, cursor, Number(tag & 7n));
    if (tag < 8n || value === undefined || cursor.at > bytes.length) return undefined;
    fields.push({ number: Number(tag >> 3n), value });
  }
  return fields;
}

interface Cursor {
  at: number;
}

function readValue(
  bytes: Buffer,
  cursor: Cursor,
  wireType: number,
): ProtoField["value"] | undefined {
  switch (wireType) {
    case 0:
      return Number(BigInt.asIntN(64, readVarint(bytes, cursor)));
    case 1: {
      const at = cursor.at;
      cursor.at += 8;
      return cursor.at <= bytes.length ? bytes.readDoubleLE(at) : undefined;
    }
    case 2: {
      const length = Number(readVarint(bytes, cursor));
      const at = cursor.at;
      cursor.at += length;
      return bytes.subarray(at, cursor.at);
    }
    case 5: {
      const at = cursor.at;
      cursor.at += 4;
      return cursor.at <= bytes.length ? bytes.readFloatLE(at) : undefined;
    }
    default:
      return undefined;
  }
}

/** Moves past the end of the bytes where it does not end. */
function readVarint(bytes: Buffer, cursor: Cursor): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    if (cursor.at >= bytes.length) break;
    const byte = bytes[cursor.at++];
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  cursor.at = bytes.length + 1;
  return 0n;
}
