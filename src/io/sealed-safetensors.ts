import { createHash } from 'node:crypto';
import { type ReadFile, readSafetensors, type TensorRecords, writeSafetensors } from './safetensors';
import { badSafetensors } from './safetensors-header';

/** The entry of the metadata that holds the seal. */
const SEAL = 'seal';

type Metadata = Readonly<Record<string, string>>;

/**
 * Writes tensors as `writeSafetensors` does, with a sha256 of all of them, their names, dtypes and shapes, and of the metadata, as the
 * metadata's entry `seal`.
 *
 * @throws GanError as `writeSafetensors`
 */
export async function writeSealed(
  file: string,
  records: TensorRecords,
  { metadata = {}, fsync }: { readonly metadata?: Metadata; readonly fsync?: boolean } = {},
): Promise<void> {
  const sealed = { ...metadata, [SEAL]: sealOf(records, metadata) };
  await writeSafetensors(file, records, { metadata: sealed, fsync });
}

/**
 * Reads what {@link writeSealed} wrote.
 *
 * @throws GanError `ERR_BAD_SAFETENSORS` where a bit of it is another, or there is no seal; else as `readSafetensors`
 */
export async function readSealed(file: string): Promise<ReadFile> {
  const read = await readSafetensors(file);
  const { [SEAL]: seal } = read.metadata;
  const fail = badSafetensors(file);
  if (seal === undefined)
    throw fail('it has no seal: it was damaged, or an earlier version of libtorch-gan wrote it');
  const { [SEAL]: _, ...metadata } = read.metadata;
  if (seal !== sealOf(read.records, metadata))
    throw fail('its seal does not fit what it holds: it was changed or damaged');
  return read;
}

function sealOf(records: TensorRecords, metadata: Metadata): string {
  const byName = <T>(holder: Readonly<Record<string, T>>) =>
    Object.entries(holder).sort(([a], [b]) => (a < b ? -1 : 1));
  const hash = createHash('sha256').update(`${JSON.stringify(byName(metadata))}\n`);
  for (const [name, { dtype, shape, bytes }] of byName(records))
    hash.update(`${JSON.stringify([name, dtype, shape])}\n`).update(bytes);
  return hash.digest('hex');
}
