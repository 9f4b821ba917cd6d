import { pathText } from '../check';
import type { Tensor } from '../tensor/tensor';
import { readSafetensors as readRecords } from './safetensors';
import { badSafetensors } from './safetensors-header';
import { recordsToTensors } from './tensors';

/**
 * Reads a safetensors file, as Python's `safetensors.torch.save_file` or `sample --raw` writes one: its tensors by name, in the order of the
 * file. They are the caller’s to dispose:
 *
 * ```ts
 * const { images } = await readSafetensors('images.safetensors');
 * ```
 *
 * @param options.device where they are made (the default device)
 * @throws GanError `ERR_CANNOT_READ` for a file that is not there, `ERR_BAD_SAFETENSORS` for one that is damaged, or of a dtype that tensors
 *   do not have
 */
export async function readSafetensors(
  file: string,
  options: { readonly device?: string } = {},
): Promise<Record<string, Tensor>> {
  pathText('readSafetensors', file);
  const { records } = await readRecords(file);
  return recordsToTensors(records, { ...options, fail: badSafetensors(file) });
}
