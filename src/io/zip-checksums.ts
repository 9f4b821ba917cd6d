import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32, inflateRawSync } from 'node:zlib';

const END = { signature: 0x06054b50, bytes: 22 };
const CENTRAL = { signature: 0x02014b50, bytes: 46 };
const LOCAL = { signature: 0x04034b50, bytes: 30 };
/** A value that is in an extra field in its place, of archives of 4 GB and more: those are not looked at. */
const ELSEWHERE = 0xffffffff;
/** Bytes that are hashed at once. */
const PIECE = 1 << 22;

/** What the directory of an archive says of a member. */
interface Member {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly at: number;
}

/**
 * Compares the members of a zip archive with their checksums, which LibTorch does not: another digit in a network's code would be another
 * network.
 *
 * @returns what is damaged, for an error; null where all is whole, or the archive has members of 4 GB
 */
export function zipDamage(path: string): string | null {
  const descriptor = openSync(path, 'r');
  try {
    const fileBytes = fstatSync(descriptor).size;
    const read = (at: number, length: number): Buffer => {
      // A damaged length must not ask for gigabytes.
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, fileBytes - at)));
      return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, at));
    };
    const members = directory(read, fileBytes);
    if (members === null) return 'its directory is cut off';
    const damaged = members.find((member) => !isWhole(read, member));
    return damaged ? `the checksum of ${JSON.stringify(damaged.name)} does not fit` : null;
  } finally {
    closeSync(descriptor);
  }
}

type Read = (at: number, length: number) => Buffer;

/** The members by the directory at the end of the file; null where there is none. */
function directory(read: Read, fileBytes: number): Member[] | null {
  const end = read(Math.max(0, fileBytes - END.bytes), END.bytes);
  if (end.length < END.bytes || end.readUInt32LE(0) !== END.signature) return null;
  const [count, length, at] = [end.readUInt16LE(10), end.readUInt32LE(12), end.readUInt32LE(16)];
  if ([length, at].includes(ELSEWHERE)) return [];
  if (at + length > fileBytes) return null;
  const bytes = read(at, length);
  const members: Member[] = [];
  for (let start = 0; members.length < count; ) {
    if (start + CENTRAL.bytes > length || bytes.readUInt32LE(start) !== CENTRAL.signature) return null;
    const nameBytes = bytes.readUInt16LE(start + 28);
    const next =
      start + CENTRAL.bytes + nameBytes + bytes.readUInt16LE(start + 30) + bytes.readUInt16LE(start + 32);
    members.push({
      name: bytes.toString('utf8', start + CENTRAL.bytes, start + CENTRAL.bytes + nameBytes),
      method: bytes.readUInt16LE(start + 10),
      crc: bytes.readUInt32LE(start + 16),
      packed: bytes.readUInt32LE(start + 20),
      size: bytes.readUInt32LE(start + 24),
      at: bytes.readUInt32LE(start + 42),
    });
    start = next;
  }
  return members;
}

function isWhole(read: Read, { name, method, crc, packed, size, at }: Member): boolean {
  if ([packed, size, at].includes(ELSEWHERE)) return true;
  const local = read(at, LOCAL.bytes);
  if (local.length < LOCAL.bytes || local.readUInt32LE(0) !== LOCAL.signature) return false;
  const nameBytes = local.readUInt16LE(26);
  if (read(at + LOCAL.bytes, nameBytes).toString('utf8') !== name) return false;
  const start = at + LOCAL.bytes + nameBytes + local.readUInt16LE(28);
  if (method === 0) return packed === size && crcOf(read, start, size) === crc;
  try {
    return crc32(inflateRawSync(read(start, packed), { maxOutputLength: Math.max(1, size) })) === crc;
  } catch {
    return false;
  }
}

function crcOf(read: Read, start: number, length: number): number | null {
  let crc = 0;
  for (let done = 0; done < length; ) {
    const piece = read(start + done, Math.min(PIECE, length - done));
    if (piece.length === 0) return null;
    crc = crc32(piece, crc);
    done += piece.length;
  }
  return crc;
}
