/** Protocol buffer fields, written by hand: each function gives the bytes of one field, and a message is its fields in a row. */

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** A field of type int32, int64 or enum; a negative number takes ten bytes. */
export function varintField(field: number, value: number | bigint): Uint8Array {
  return Buffer.concat([key(field, VARINT), varint(value)]);
}

/** A field of type double. */
export function doubleField(field: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([key(field, FIXED_64), bytes]);
}

/** A field of type float. */
export function floatField(field: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([key(field, FIXED_32), bytes]);
}

/** A field of type bytes. */
export function bytesField(field: number, value: Uint8Array): Uint8Array {
  return Buffer.concat([key(field, LENGTH_DELIMITED), varint(value.byteLength), value]);
}

/** A field of type string. */
export function textField(field: number, value: string): Uint8Array {
  return bytesField(field, Buffer.from(value, 'utf8'));
}

/** A field that holds a message with these fields. */
export function messageField(field: number, fields: readonly Uint8Array[]): Uint8Array {
  return bytesField(field, Buffer.concat(fields));
}

function key(field: number, wireType: number): Uint8Array {
  return varint(field * 8 + wireType);
}

function varint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
