import { FileBytes } from '../file-bytes';
import { readError } from '../file-error';
import { readSafetensors, type TensorRecords } from '../safetensors';
import type { Failure } from '../safetensors-header';
import { type FoundDict, findDicts } from './choose';
import { badStateDict, quote } from './failure';
import { openLegacyForm } from './legacy-form';
import { Materialiser } from './materialise';
import type { TorchFile } from './torch-file';
import { openZipForm } from './zip-form';

/** Tensors by name, as a file holds them. */
export interface StateDictRecords {
  /** Keys that they were under, from the outermost on. */
  readonly path: readonly string[];
  readonly records: TensorRecords;
}

/** What of a file is wanted. */
export interface StateFileOptions {
  /** The entry that holds the tensors, of those that a file has: `netG`, or `model.netG` for one in another (what is usual, see `readStateDict`). */
  readonly key?: string;
  /** Takes several state dicts where a file has them side by side; else that is an error that names them (false). */
  readonly several?: boolean;
}

/** What a file is by its first bytes. */
type Form = 'safetensors' | 'zip' | 'pickle' | 'tar';

/** Bytes that tell what a file is. */
const HEAD_BYTES = 512;
/** Where a tar archive has its mark. */
const TAR_MARK = 257;

/**
 * Reads the state dicts of a file of `torch.save` or in the safetensors format, whatever it is called. No code of it runs.
 *
 * @throws GanError `ERR_CANNOT_READ`; `ERR_BAD_STATE_DICT` for what is damaged, cut off, or holds other objects than dicts of tensors, which
 *   the message names; `ERR_BAD_SAFETENSORS`
 */
export async function readStateFile(
  file: string,
  options: StateFileOptions = {},
): Promise<readonly StateDictRecords[]> {
  const fail = badStateDict(file);
  let bytes: FileBytes | undefined;
  try {
    bytes = await FileBytes.open(file, fail);
    const form = formOf(await bytes.readUpTo(0, HEAD_BYTES));
    if (form === 'safetensors') return [await fromSafetensors(file, options.key)];
    return await readDicts(await openForm(form, bytes, fail), { ...options, fail, fileBytes: bytes.size });
  } catch (error) {
    throw readError(file, error);
  } finally {
    await bytes?.close();
  }
}

/** Whether a file is one of `torch.save`, by what it begins with. @throws GanError `ERR_CANNOT_READ`, `ERR_BAD_STATE_DICT` for what is no regular file */
export async function isTorchFile(file: string): Promise<boolean> {
  let bytes: FileBytes | undefined;
  try {
    bytes = await FileBytes.open(file, badStateDict(file));
    return formOf(await bytes.readUpTo(0, HEAD_BYTES)) !== 'safetensors';
  } catch (error) {
    throw readError(file, error);
  } finally {
    await bytes?.close();
  }
}

function formOf(head: Buffer): Form {
  // The brace is after the length of a header, which may begin with any bytes.
  if (head[8] === '{'.charCodeAt(0)) return 'safetensors';
  if (head.toString('latin1', 0, 4) === 'PK\x03\x04') return 'zip';
  if (head[0] === 0x80) return 'pickle';
  return head.toString('latin1', TAR_MARK, TAR_MARK + 5) === 'ustar' ? 'tar' : 'safetensors';
}

function openForm(form: Exclude<Form, 'safetensors'>, bytes: FileBytes, fail: Failure): Promise<TorchFile> {
  if (form === 'zip') return openZipForm(bytes, fail);
  if (form === 'pickle') return openLegacyForm(bytes, fail);
  throw fail(
    'it is a tar archive, as torch.save wrote it before PyTorch 0.1.10: load and save it with a later one',
  );
}

interface Reading extends StateFileOptions {
  readonly fail: Failure;
  readonly fileBytes: number;
}

async function readDicts(
  file: TorchFile,
  { key, several = false, fail, fileBytes }: Reading,
): Promise<StateDictRecords[]> {
  const found = findDicts(file.root, key, fail);
  if (found.length > 1 && !several)
    throw fail(`it holds ${found.length} state dicts: choose one by its key, ${keysText(found)}`);
  const read = await new Materialiser(file, fileBytes, fail).read(found.map(({ tensors }) => tensors));
  return found.map(({ path }, i) => ({ path, records: read[i] }));
}

/** Keys that are told one by one. */
const TOLD = 8;

function keysText(found: readonly FoundDict[]): string {
  const keys = found.slice(0, TOLD).map(({ path }) => quote(path.join('.')));
  return found.length > TOLD ? `${keys.join(', ')} and ${found.length - TOLD} more` : keys.join(', ');
}

/** All tensors, or those whose names begin with a key and a dot, by the rest of their names. */
async function fromSafetensors(file: string, key: string | undefined): Promise<StateDictRecords> {
  const { records } = await readSafetensors(file);
  if (key === undefined) return { path: [], records };
  const prefix = `${key}.`;
  const under = Object.entries(records).filter(([name]) => name.startsWith(prefix));
  if (under.length === 0)
    throw badStateDict(file)(`expected tensors under ${quote(key)}, but none has a name that begins so`);
  return {
    path: [key],
    records: Object.fromEntries(under.map(([name, record]) => [name.slice(prefix.length), record])),
  };
}
