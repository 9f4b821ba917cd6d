import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { argumentError, pathText } from '../check';
import { GanError, hasCode, messageOf } from '../errors';
import { native } from '../native/addon';
import type { Handle } from '../native/types';
import { TensorCore } from '../tensor/core';
import type { Tensor } from '../tensor/tensor';
import { handlesOf, wrap } from '../tensor/wrap';
import { readError } from './file-error';
import { zipDamage } from './zip-checksums';

/** Gives back scripts that nothing in JavaScript refers to any more. */
const unreachable = new FinalizationRegistry<Handle>((handle) => {
  native().releaseScript(handle);
});

/** The extra file in which a script says how its images are to come. */
const METADATA = 'libtorch-gan.json';

const HOW = 'save a network with torch.jit.script(network).save(FILE)';

/**
 * A network in a TorchScript file, which holds its code with its weights: what `torch.jit.script(network).save(FILE)` writes in Python.
 * LibTorch's own interpreter runs it, always in evaluation mode. Such a file is a program: run only those you trust.
 */
export class ScriptModule {
  readonly file: string;
  /** Of its `forward`, e.g. `['img', 'return_features']`. */
  readonly argumentNames: readonly string[];
  /** The text of `libtorch-gan.json`, saved with it as an extra file; empty without one. */
  readonly metadata: string;
  #handle: Handle;
  #device: string;

  /**
   * @throws GanError `ERR_CANNOT_READ` for a file that is not there or is a folder, `ERR_BAD_SCRIPT` for one that is damaged or
   * something else
   */
  constructor(file: string, { device = 'cpu' }: { readonly device?: string } = {}) {
    pathText('ScriptModule', file);
    native().requireDevice(device);
    requireArchive(file);
    const [handle, argumentNames, metadata] = load(file, device);
    this.file = file;
    this.argumentNames = argumentNames;
    this.metadata = metadata;
    this.#handle = handle;
    this.#device = device;
    unreachable.register(this, handle, this);
  }

  /** Where its weights are. */
  get device(): string {
    return this.#device;
  }

  /**
   * Calls its `forward` with a tensor, or with several, and with true for the arguments named in `flags`. Tensors it returns come by name: a lone one as
   * `''`, those of a tuple or a list as `'0'`, `'1'`, …, those of a dictionary by its keys. They belong to the caller's scope.
   *
   * @throws UsageError for what is no tensor; TorchError for what the script or an operator in it does not take, and for other results than tensors
   */
  run(
    input: Tensor | readonly Tensor[],
    { flags = [] }: { readonly flags?: readonly string[] } = {},
  ): Record<string, Tensor> {
    const given = input instanceof TensorCore ? [input] : input;
    const wrong = Array.isArray(given) ? given.find((each) => !(each instanceof TensorCore)) : given;
    if (!Array.isArray(given) || wrong !== undefined)
      throw argumentError('ScriptModule.run', 'a tensor, or an array of them,', wrong);
    if (!Array.isArray(flags) || !flags.every((flag) => typeof flag === 'string'))
      throw argumentError('ScriptModule.run', 'flags to be names of arguments', flags);
    const inputs = handlesOf(given);
    const [names, handles] = native().runScript(this.#live(), inputs, flags);
    return Object.fromEntries(names.map((name, i) => [name, wrap(handles[i], 'runScript')]));
  }

  /** Moves its weights to another device. */
  to(device: string): this {
    native().requireDevice(device);
    native().moveScript(this.#live(), device);
    this.#device = device;
    return this;
  }

  /** Gives its memory back. */
  dispose(): void {
    if (this.#handle === 0) return;
    unreachable.unregister(this);
    native().releaseScript(this.#handle);
    this.#handle = 0;
  }

  /** `dispose()`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #live(): Handle {
    if (this.#handle !== 0) return this.#handle;
    throw new GanError('ERR_RELEASED', `expected a live script module but that of ${this.file} was disposed`);
  }
}

function load(file: string, device: string): [Handle, string[], string] {
  try {
    return native().loadScript(file, device, METADATA);
  } catch (error) {
    if (hasCode(error, 'ERR_OUT_OF_MEMORY') || hasCode(error, 'ERR_NO_CUDA')) throw error;
    const message = messageOf(error).split('\n')[0];
    // What torch.save writes is an archive as well, but without code.
    const why = /locating file constants\.pkl/.test(message)
      ? `it holds pickled Python objects (torch.save) but no code: ${HOW}`
      : `${message}: it is damaged or of another LibTorch; ${HOW}`;
    throw new GanError('ERR_BAD_SCRIPT', `bad TorchScript file ${file}: ${why}`, { cause: error });
  }
}

/** Throws where the file cannot be a zip archive, or not all of it, so that nothing else reaches LibTorch's reader. */
function requireArchive(file: string): void {
  const start = Buffer.alloc(4);
  try {
    if (!statSync(file).isFile()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
    const descriptor = openSync(file, 'r');
    try {
      readSync(descriptor, start, 0, start.length, 0);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw readError(file, error);
  }
  if (!start.equals(Buffer.from('PK\x03\x04', 'latin1')))
    throw new GanError(
      'ERR_BAD_SCRIPT',
      `bad TorchScript file ${file}: expected a zip archive, as torch.jit writes, but it is something else: ${HOW}`,
    );
  const damage = zipDamage(file);
  if (damage !== null)
    throw new GanError('ERR_BAD_SCRIPT', `bad TorchScript file ${file}: ${damage}: it is damaged`);
}
