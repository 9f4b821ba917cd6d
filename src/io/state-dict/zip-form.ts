import { crc32 } from 'node:zlib';
import type { FileBytes } from '../file-bytes';
import type { Failure } from '../safetensors-header';
import {
  findDirectory,
  localDataAt,
  parseMembers,
  ZIP_LOCAL_BYTES,
  ZIP_TAIL_BYTES,
  type ZipMember,
} from '../zip-directory';
import { quote } from './failure';
import { MAX_PICKLE_BYTES, PickleReader } from './pickle';
import type { TorchFile } from './torch-file';
import { TorchMeaning } from './torch-objects';

/** The longest directory: of about 300,000 members. */
const MAX_DIRECTORY_BYTES = 32 << 20;

/** `NAME/data.pkl`: what `torch.save` calls the pickle, in a folder called after the file. */
const PICKLE = /^([^/]*\/)data\.pkl$/;

/**
 * Opens what `torch.save` writes since PyTorch 1.6: a zip archive, with a pickle of names and shapes, and a member for each storage.
 *
 * @throws what `fail` makes, for an archive or a pickle that is damaged, compressed, big-endian or of something else
 */
export async function openZipForm(file: FileBytes, fail: Failure): Promise<TorchFile> {
  const archive = new Archive(file, await readMembers(file, fail), fail);
  const folder = archive.folder();
  await requireLittleEndian(archive, folder, fail);
  const pickle = await archive.read(`${folder}data.pkl`, { most: MAX_PICKLE_BYTES });
  const root = new PickleReader(pickle, new TorchMeaning(fail), fail).read();
  return { root, load: ({ key, stored }) => archive.read(`${folder}data/${key}`, { exactly: stored }) };
}

async function readMembers(file: FileBytes, fail: Failure): Promise<readonly ZipMember[]> {
  const tail = Math.min(file.size, ZIP_TAIL_BYTES);
  const directory = findDirectory(await file.read(file.size - tail, tail), file.size);
  if (directory === null)
    throw fail('expected the directory of a zip archive at its end, but there is none: it is cut off');
  if (directory.bytes > MAX_DIRECTORY_BYTES)
    throw fail(`expected a directory of at most ${MAX_DIRECTORY_BYTES} bytes, but it has ${directory.bytes}`);
  const members = parseMembers(await file.read(directory.at, directory.bytes), directory.count);
  if (members === null) throw fail('the directory of its archive is damaged');
  return members;
}

/** What a member must be. */
interface Wanted {
  readonly most?: number;
  readonly exactly?: number;
}

class Archive {
  readonly #file: FileBytes;
  readonly #members = new Map<string, ZipMember>();
  readonly #fail: Failure;

  constructor(file: FileBytes, members: readonly ZipMember[], fail: Failure) {
    this.#file = file;
    this.#fail = fail;
    for (const member of members) {
      if (this.#members.has(member.name)) throw fail(`its archive has ${quote(member.name)} twice`);
      this.#members.set(member.name, member);
    }
  }

  /** The folder that all lies in, with its slash. */
  folder(): string {
    const names = [...this.#members.keys()];
    const folders = names.flatMap((name) => PICKLE.exec(name)?.[1] ?? []);
    if (folders.length === 1) return folders[0];
    throw this.#fail(
      `expected a zip archive of torch.save, with one pickle NAME/data.pkl, but it has ${folders.length} among ${names.length} members`,
    );
  }

  has(name: string): boolean {
    return this.#members.has(name);
  }

  async read(name: string, { most, exactly }: Wanted): Promise<Buffer> {
    const member = this.#members.get(name);
    if (member === undefined) throw this.#fail(`expected ${quote(name)} in its archive: it is damaged`);
    const { method, encrypted, packed, size, crc } = member;
    if (method !== 0 || encrypted)
      throw this.#fail(
        `${quote(name)} in its archive is ${encrypted ? 'encrypted' : `compressed (method ${method})`}, but torch.save only stores: unpack it, and store it with zip -0`,
      );
    if (packed !== size || (exactly !== undefined && size !== exactly))
      throw this.#fail(
        `${quote(name)} should have ${exactly ?? packed} bytes, but its archive has ${size}: it is damaged`,
      );
    if (most !== undefined && size > most)
      throw this.#fail(`expected ${quote(name)} to have at most ${most} bytes, but it has ${size}`);
    const start = localDataAt(await this.#file.readUpTo(member.at, ZIP_LOCAL_BYTES), member);
    if (start === null) throw this.#fail(`the head of ${quote(name)} in its archive is damaged`);
    const bytes = await this.#file.read(start, size);
    // PyTorch can be told to leave checksums out.
    if (crc !== 0 && crc32(bytes) !== crc)
      throw this.#fail(`the checksum of ${quote(name)} does not fit: it is damaged`);
    return bytes;
  }
}

async function requireLittleEndian(archive: Archive, folder: string, fail: Failure): Promise<void> {
  const name = `${folder}byteorder`;
  // Before PyTorch 2.1 there was none, and only little-endian machines.
  if (!archive.has(name)) return;
  const order = (await archive.read(name, { most: 100 })).toString('latin1');
  if (order !== 'little')
    throw fail(`expected little-endian numbers, but its byteorder says ${quote(order)}`);
}
