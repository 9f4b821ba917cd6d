import { crc32c } from './crc32c';

/**
 * CRC-32C as TFRecord stores it: `((crc >> 15 | crc << 17) + 0xa282ead8) mod 2³²`, so that the CRC of bytes that hold CRCs
 * is still a good one.
 */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** A TFRecord: the payload's length in 8 bytes, that length's masked CRC in 4, the payload, its masked CRC in 4. */
export function tfRecord(payload: Uint8Array): Uint8Array {
  const record = Buffer.alloc(12 + payload.byteLength + 4);
  record.writeBigUInt64LE(BigInt(payload.byteLength));
  record.writeUInt32LE(maskedCrc32c(record.subarray(0, 8)), 8);
  record.set(payload, 12);
  record.writeUInt32LE(maskedCrc32c(payload), 12 + payload.byteLength);
  return record;
}
