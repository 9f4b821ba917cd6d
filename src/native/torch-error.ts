import { GanError } from '../errors';

/**
 * A failure inside LibTorch, or an argument the bridge refused. The message says what LibTorch said, and a second line the
 * shapes, dtypes and devices of the arguments. A module it passed through puts the failed layer's path in front.
 *
 * Codes: `ERR_TORCH` (LibTorch's own), `ERR_INVALID_ARG` and `ERR_SHAPE` (found before LibTorch saw it), `ERR_RELEASED`,
 * `ERR_OUT_OF_MEMORY`, `ERR_TOO_MANY_TENSORS`, `ERR_NO_CUDA`, `ERR_NAPI`.
 */
export class TorchError extends GanError {
  /** The operator or entry that failed, e.g. `conv2d`. */
  readonly op: string;
  /** The layer it failed in, e.g. `generator.3 (ConvTranspose2d)`, once a module has said so. */
  layer: string | undefined;
  readonly #text: string;

  constructor(message: string, code: string, op: string) {
    super(code, message);
    this.name = 'TorchError';
    this.op = op;
    this.#text = message;
  }

  /** Puts the layer's path before the message; each module on the way up replaces it by a longer one. */
  locate(layer: string): void {
    this.layer = layer;
    this.message = `${layer}: ${this.#text}`;
  }
}
