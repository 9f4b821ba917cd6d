const END = { signature: 0x06054b50, bytes: 22 };
const LOCATOR = { signature: 0x07064b50, bytes: 20 };
const END_64 = { signature: 0x06064b50, bytes: 56 };
const CENTRAL = { signature: 0x02014b50, bytes: 46 };
const LOCAL = { signature: 0x04034b50, bytes: 30 };
/** The longest comment after the end record. */
const MAX_COMMENT_BYTES = 0xffff;
/** Values that are in an extra field, or in another record, in their place. */
const ELSEWHERE_16 = 0xffff;
const ELSEWHERE_32 = 0xffffffff;
/** The extra field of sizes above 4 GB. */
const EXTRA_64 = 1;

/** How much of a file's end {@link findDirectory} looks at. */
export const ZIP_TAIL_BYTES = END_64.bytes + LOCATOR.bytes + END.bytes + MAX_COMMENT_BYTES;
/** What of a member is before its name. */
export const ZIP_LOCAL_BYTES = LOCAL.bytes;

/** Where the directory of an archive lies. */
export interface ZipDirectory {
  readonly at: number;
  readonly bytes: number;
  /** Members. */
  readonly count: number;
}

/** What the directory of an archive says of a member. */
export interface ZipMember {
  readonly name: string;
  /** 0 for what is stored as it is. */
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc: number;
  /** Bytes in the archive, and of the member itself. */
  readonly packed: number;
  readonly size: number;
  /** Where its local header begins. */
  readonly at: number;
}

/** The directory by the end of the file, those above 4 GB too; null where there is none that lies in the file. */
export function findDirectory(tail: Buffer, fileBytes: number): ZipDirectory | null {
  for (let at = tail.length - END.bytes; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END.signature) continue;
    if (at + END.bytes + tail.readUInt16LE(at + 20) !== tail.length) continue;
    const plain = {
      count: tail.readUInt16LE(at + 10),
      bytes: tail.readUInt32LE(at + 12),
      at: tail.readUInt32LE(at + 16),
    };
    const isLarge = plain.count === ELSEWHERE_16 || plain.bytes === ELSEWHERE_32 || plain.at === ELSEWHERE_32;
    const directory = (isLarge && directory64(tail, at)) || plain;
    return directory.at + directory.bytes <= fileBytes ? directory : null;
  }
  return null;
}

/** The record before the locator before the end record; null where there is none, as of an archive of just 65,535 members. */
function directory64(tail: Buffer, end: number): ZipDirectory | null {
  const [locator, at] = [end - LOCATOR.bytes, end - LOCATOR.bytes - END_64.bytes];
  if (at < 0 || tail.readUInt32LE(locator) !== LOCATOR.signature) return null;
  if (tail.readUInt32LE(at) !== END_64.signature) return null;
  return { count: long(tail, at + 32), bytes: long(tail, at + 40), at: long(tail, at + 48) };
}

/** The members that a directory lists; null where it is damaged. */
export function parseMembers(bytes: Buffer, count: number): ZipMember[] | null {
  const members: ZipMember[] = [];
  for (let start = 0; members.length < count; ) {
    if (start + CENTRAL.bytes > bytes.length || bytes.readUInt32LE(start) !== CENTRAL.signature) return null;
    const nameEnd = start + CENTRAL.bytes + bytes.readUInt16LE(start + 28);
    const extraEnd = nameEnd + bytes.readUInt16LE(start + 30);
    const next = extraEnd + bytes.readUInt16LE(start + 32);
    if (next > bytes.length) return null;
    const large = new LargeValues(bytes.subarray(nameEnd, extraEnd));
    // In the order of the extra field.
    const size = large.take(bytes.readUInt32LE(start + 24));
    const packed = large.take(bytes.readUInt32LE(start + 20));
    const at = large.take(bytes.readUInt32LE(start + 42));
    members.push({
      name: bytes.toString('utf8', start + CENTRAL.bytes, nameEnd),
      method: bytes.readUInt16LE(start + 10),
      encrypted: (bytes.readUInt16LE(start + 8) & 1) !== 0,
      crc: bytes.readUInt32LE(start + 16),
      packed,
      size,
      at,
    });
    start = next;
  }
  return members;
}

/** Where a member's bytes begin, by its local header; null where that is damaged. */
export function localDataAt(local: Buffer, { at }: ZipMember): number | null {
  if (local.length < LOCAL.bytes || local.readUInt32LE(0) !== LOCAL.signature) return null;
  return at + LOCAL.bytes + local.readUInt16LE(26) + local.readUInt16LE(28);
}

/** Values that did not fit in 32 bits, from an entry's extra field, one after the other. */
class LargeValues {
  readonly #values: number[] = [];

  constructor(extra: Buffer) {
    for (let at = 0; at + 4 <= extra.length; ) {
      const [id, bytes] = [extra.readUInt16LE(at), extra.readUInt16LE(at + 2)];
      const end = Math.min(at + 4 + bytes, extra.length);
      if (id === EXTRA_64) for (let i = at + 4; i + 8 <= end; i += 8) this.#values.push(long(extra, i));
      at = end;
    }
  }

  /** The value itself where it fits, or where the extra field has none. */
  take(value: number): number {
    return value === ELSEWHERE_32 ? (this.#values.shift() ?? value) : value;
  }
}

/** More than a file can have is as good as infinite. */
function long(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at));
}
