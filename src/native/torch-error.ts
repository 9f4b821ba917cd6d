import { GanError } from '../errors';

/**
 * A failure inside LibTorch, or an argument the bridge refused. The message says what LibTorch said, and a second line the
 * shapes, dtypes and devices of the arguments. A module it passed through puts the failed layer's path in front.
 *
 * Codes: `ERR_TORCH` (LibTorch's own), `ERR_INVALID_ARG`, `ERR_RELEASED`, `ERR_OUT_OF_MEMORY`, `ERR_NO_CUDA`.
 */
export class TorchError extends GanError {
  /** The operator or entry that failed, e.g. `conv2d`. */
  readonly op: string;

  constructor(message: string, code: string, op: string) {
    super(code, message);
    this.name = 'TorchError';
    this.op = op;
  }
}
