import { GanError } from '../errors';

const BLOCK = 512;

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(bytes.subarray(0, end < 0 ? bytes.length : end)).toString('utf8');
}

/**
 * The regular files of a tar archive, by their last path component: enough for the data sets published so, where names are known
 * beforehand. Nothing is written, so a path in the archive cannot lead anywhere.
 * @throws ERR_DATA_CORRUPT, naming `path`, when the archive ends inside a file or a size is no octal number.
 */
export function readTar(path: string, bytes: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0; ) {
    const name = text(bytes.subarray(at, at + 100));
    const size = Number.parseInt(text(bytes.subarray(at + 124, at + 136)).trim() || '0', 8);
    const type = bytes[at + 156];
    if (!Number.isSafeInteger(size) || size < 0 || at + BLOCK + size > bytes.length)
      throw new GanError(
        'ERR_DATA_CORRUPT',
        `${path} is a damaged archive: it ends inside "${name}"; delete it to have it fetched again`,
      );
    if (type === 0 || type === 0x30)
      files.set(name.slice(name.lastIndexOf('/') + 1), bytes.subarray(at + BLOCK, at + BLOCK + size));
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}
