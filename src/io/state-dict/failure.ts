import { GanError } from '../../errors';
import type { Failure } from '../safetensors-header';

/** The error of `file`: a `GanError` with code `ERR_BAD_STATE_DICT` that names it. */
export function badStateDict(file: string): Failure {
  return (problem) => new GanError('ERR_BAD_STATE_DICT', `bad state dict file ${file}: ${problem}`);
}

/** What to do with a file that holds more than tensors, or another kind of them. */
export const SAVE_AGAIN =
  'where you trust it, open it in Python and write torch.save(model.state_dict(), FILE)';

/** A text of a file in a message: on one line, and not long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
