import { pathText } from '../check';
import type { Tensor } from '../tensor/tensor';
import { writeSafetensors as writeRecords } from './safetensors';
import { tensorsToRecords } from './tensors';

/**
 * Writes tensors, e.g. a state dict, to a safetensors file, as Python's `safetensors.torch.load_file` and `readSafetensors` read it: from any
 * device, in any memory format and dtype, exactly. The order is that of `tensors`, so equal ones give equal bytes. A file that could not be
 * finished is removed.
 *
 * ```ts
 * await writeSafetensors('generator.safetensors', generator.stateDict(), { metadata: { trained: 'by my own loop' } });
 * ```
 *
 * @param options.metadata texts for the header's `__metadata__` (none)
 * @throws GanError `ERR_CANNOT_WRITE` when the file cannot be written; UsageError for a path that is none
 */
export async function writeSafetensors(
  file: string,
  tensors: Readonly<Record<string, Tensor>>,
  { metadata }: { readonly metadata?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  pathText('writeSafetensors', file);
  await writeRecords(file, tensorsToRecords(tensors), { metadata });
}
