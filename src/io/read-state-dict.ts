import { pathText } from '../check';
import type { Tensor } from '../tensor/tensor';
import { badStateDict } from './state-dict/failure';
import { withoutPrefix, wrapperPrefix } from './state-dict/prefixes';
import { readStateFile } from './state-dict/state-file';
import { recordsToTensors } from './tensors';

/** What of a file is wanted, and where. */
export interface StateDictOptions {
  /**
   * The entry that holds the tensors: `netG` of a file of `{ netG, netD, epoch }`, `model.netG` for one in another; of a safetensors file what
   * names begin with. (`g_ema`, `params_ema`, `state_dict`, `model_state_dict`, `params` or `model`, the first that is there, else what is not
   * wrapped, else the only dict of tensors.)
   */
  readonly key?: string;
  /** Where they are made (the default device). */
  readonly device?: string;
}

/**
 * Reads a state dict that PyTorch wrote, `torch.save(network.state_dict(), 'network.pth')`, or a safetensors file: its tensors by name, in the order
 * of the file. A `module.` or `_orig_mod.` before all names is left out, and so are entries that are no tensors. They are the caller’s to
 * dispose:
 *
 * ```ts
 * network.loadStateDict(await readStateDict('network.pth'));
 * ```
 *
 * No Python is needed, and no code in the file runs: of its pickle only the operations and names are known that dicts of tensors need, and
 * all else is an error that names it. It takes the form of today (zip) and that from before PyTorch 1.6. Views, strides and tensors that share memory come as
 * they were. Nothing is allocated that the size of the file does not warrant.
 *
 * @throws GanError `ERR_CANNOT_READ` for a file that is not there; `ERR_BAD_STATE_DICT` for one that is damaged, cut off, big-endian, compressed,
 *   has several state dicts and no key that chooses, or holds other objects; `ERR_BAD_SAFETENSORS` for a safetensors file that is damaged, and a dtype that tensors do
 *   not have
 */
export async function readStateDict(
  file: string,
  { key, device }: StateDictOptions = {},
): Promise<Record<string, Tensor>> {
  pathText('readStateDict', file);
  const [{ records }] = await readStateFile(file, { key });
  const named = withoutPrefix(records, wrapperPrefix(Object.keys(records)));
  return recordsToTensors(named, { device, fail: badStateDict(file) });
}
