import { crc32 } from 'node:zlib';

/** A member of a zip archive, and what its entries say beside the truth. */
export interface ArchiveMember {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** (0, stored) */
  readonly method?: number;
  readonly encrypted?: boolean;
  /** The size that the directory tells (that of the bytes). */
  readonly size?: number;
  /** (that of the bytes) */
  readonly crc?: number;
}

/** How an archive is written. */
export interface ArchiveForm {
  /** With the records of archives above 4 GB (false). */
  readonly large?: boolean;
  readonly comment?: string;
}

const ELSEWHERE = 0xffffffff;

/** A zip archive, written by hand. */
export function zipArchive(
  members: readonly ArchiveMember[],
  { large = false, comment = '' }: ArchiveForm = {},
): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const {
    name,
    bytes,
    method = 0,
    encrypted = false,
    size = bytes.length,
    crc = crc32(bytes),
  } of members) {
    const label = Buffer.from(name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50);
    local.writeUInt16LE(method, 8);
    local.writeUInt32LE(crc, 14);
    local.writeUInt32LE(size, 18);
    local.writeUInt32LE(size, 22);
    local.writeUInt16LE(label.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50);
    entry.writeUInt16LE(encrypted ? 1 : 0, 8);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(crc, 16);
    entry.writeUInt32LE(large ? ELSEWHERE : size, 20);
    entry.writeUInt32LE(large ? ELSEWHERE : size, 24);
    entry.writeUInt16LE(label.length, 28);
    entry.writeUInt16LE(large ? 28 : 0, 30);
    entry.writeUInt32LE(large ? ELSEWHERE : at, 42);
    central.push(entry, label, ...(large ? [numbers64(1 + 24 * 0x10000, size, size, at)] : []));
    parts.push(local, label, Buffer.from(bytes));
    at += local.length + label.length + bytes.length;
  }
  const directory = Buffer.concat(central);
  return Buffer.concat([
    ...parts,
    directory,
    ...(large ? endRecords64(members.length, directory.length, at) : []),
    endRecord({
      count: large ? 0xffff : members.length,
      bytes: large ? ELSEWHERE : directory.length,
      at: large ? ELSEWHERE : at,
      comment,
    }),
  ]);
}

/** What `torch.save` writes, of a pickle and storages by name. */
export function torchArchive(
  pickle: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = {},
  form?: ArchiveForm,
): Buffer {
  return zipArchive(
    [
      { name: 'made/data.pkl', bytes: pickle },
      { name: 'made/byteorder', bytes: Buffer.from('little') },
      ...Object.entries(storages).map(([key, bytes]) => ({ name: `made/data/${key}`, bytes })),
    ],
    form,
  );
}

/** An extra field: its id and size, then numbers of 64 bits. */
function numbers64(head: number, ...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 + 8 * values.length);
  bytes.writeUInt32LE(head);
  for (const [i, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
  return bytes;
}

function endRecords64(count: number, bytes: number, at: number): Buffer[] {
  const end = Buffer.alloc(56);
  end.writeUInt32LE(0x06064b50);
  end.writeBigUInt64LE(44n, 4);
  for (const [i, value] of [count, count, bytes, at].entries())
    end.writeBigUInt64LE(BigInt(value), 24 + 8 * i);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50);
  locator.writeBigUInt64LE(BigInt(at + bytes), 8);
  locator.writeUInt32LE(1, 16);
  return [end, locator];
}

function endRecord({
  count,
  bytes,
  at,
  comment,
}: {
  count: number;
  bytes: number;
  at: number;
  comment: string;
}): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(bytes, 12);
  end.writeUInt32LE(at, 16);
  end.writeUInt16LE(Buffer.byteLength(comment), 20);
  return Buffer.concat([end, Buffer.from(comment)]);
}
