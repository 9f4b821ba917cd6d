import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32, inflateRawSync } from 'node:zlib';
import {
  findDirectory,
  localDataAt,
  parseMembers,
  ZIP_LOCAL_BYTES,
  ZIP_TAIL_BYTES,
  type ZipMember,
} from './zip-directory';

/** Bytes that are hashed at once. */
const PIECE = 1 << 22;

/**
 * Compares the members of a zip archive with their checksums, which LibTorch does not: another digit in a network's code would be another
 * network.
 *
 * @returns what is damaged, for an error; null where all is whole
 */
export function zipDamage(path: string): string | null {
  const descriptor = openSync(path, 'r');
  try {
    const fileBytes = fstatSync(descriptor).size;
    const read = (at: number, length: number): Buffer => {
      // A damaged place or length must not ask for gigabytes.
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, fileBytes - at)));
      if (bytes.length === 0) return bytes;
      return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, at));
    };
    const members = membersOf(read, fileBytes);
    if (members === null) return 'its directory is cut off';
    const damaged = members.find((member) => !isWhole(read, member));
    return damaged ? `the checksum of ${JSON.stringify(damaged.name)} does not fit` : null;
  } finally {
    closeSync(descriptor);
  }
}

type Read = (at: number, length: number) => Buffer;

/** The members by the directory at the end of the file; null where there is none. */
function membersOf(read: Read, fileBytes: number): ZipMember[] | null {
  const tail = Math.min(fileBytes, ZIP_TAIL_BYTES);
  const directory = findDirectory(read(fileBytes - tail, tail), fileBytes);
  return directory && parseMembers(read(directory.at, directory.bytes), directory.count);
}

function isWhole(read: Read, member: ZipMember): boolean {
  const { name, method, crc, packed, size, at } = member;
  const start = localDataAt(read(at, ZIP_LOCAL_BYTES), member);
  if (start === null || read(at + ZIP_LOCAL_BYTES, Buffer.byteLength(name)).toString('utf8') !== name)
    return false;
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
