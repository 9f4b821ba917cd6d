import { argumentError } from '../check';
import { GanError } from '../errors';
import { native } from '../native/addon';
import { ops } from '../native/ops.generated';
import type { Handle } from '../native/types';
import { defaultDevice } from './device';
import type { Tensor } from './tensor';

/** Seeds the default random generator of every device, as `torch.manual_seed`: initialisers and dropout draw from it. */
export function manualSeed(seed: number): void {
  native().manualSeed(seed);
}

/** Gives back generators that nothing in JavaScript refers to any more. */
const unreachable = new FinalizationRegistry<Handle>((handle) => {
  native().releaseGenerator(handle);
});

/** A random generator of its own: what it draws does not depend on anybody else. Give it to `randn({ generator })` and the like. */
export class Generator {
  #handle: Handle;
  readonly device: string;

  constructor({ device = defaultDevice(), seed = 0 }: { device?: string; seed?: number } = {}) {
    native().requireDevice(device);
    this.device = device;
    this.#handle = native().makeGenerator(device, seed);
    unreachable.register(this, this.#handle, this);
  }

  /** The native handle; throws `ERR_RELEASED` after `dispose`. */
  get handle(): Handle {
    if (this.#handle === 0)
      throw new GanError('ERR_RELEASED', 'expected a live random generator but this one was disposed');
    return this.#handle;
  }

  /** Starts again from `seed`. */
  seed(seed: number): void {
    native().seedGenerator(this.handle, seed);
  }

  /** Everything the next draws depend on. */
  getState(): Uint8Array {
    return stateOf(this.handle);
  }

  /** Goes on from a state that `getState` gave. */
  setState(state: Uint8Array): void {
    restore(this.handle, state);
  }

  /** Gives the generator back. */
  dispose(): void {
    if (this.#handle === 0) return;
    unreachable.unregister(this);
    native().releaseGenerator(this.#handle);
    this.#handle = 0;
  }

  /** `dispose()`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** The native handle of a generator; null, which is the device's default one, where none is given. @throws UsageError for what is none, as a seed */
export function generatorHandle(generator: Generator | undefined): Handle | null {
  if (generator === undefined || generator === null) return null;
  if (generator instanceof Generator) return generator.handle;
  throw argumentError('generator', 'new Generator({ seed })', generator);
}

/** Fills with N(mean, std²), in place; draws from the device's default generator where none is given. */
export function drawNormal(
  tensor: Tensor,
  { mean, std, generator }: { mean: number; std: number; generator?: Generator },
): void {
  ops.normal_(tensor.handle, mean, std, generatorHandle(generator));
}

/** Fills with U(a, b), in place; draws from the device's default generator where none is given. */
export function drawUniform(
  tensor: Tensor,
  { a, b, generator }: { a: number; b: number; generator?: Generator },
): void {
  ops.uniform_(tensor.handle, a, b, generatorHandle(generator));
}

/** The state of a device's default generator. */
export function getRngState(device = 'cpu'): Uint8Array {
  return withDefaultGenerator(device, stateOf);
}

/** Sets the state of a device's default generator. */
export function setRngState(state: Uint8Array, device = 'cpu'): void {
  withDefaultGenerator(device, (handle) => restore(handle, state));
}

function withDefaultGenerator<T>(device: string, body: (handle: Handle) => T): T {
  const handle = native().defaultGenerator(device);
  try {
    return body(handle);
  } finally {
    native().releaseGenerator(handle);
  }
}

function stateOf(generator: Handle): Uint8Array {
  const state = native().generatorState(generator);
  try {
    return new Uint8Array(native().toBuffer(state));
  } finally {
    native().releaseOne(state);
  }
}

function restore(generator: Handle, state: Uint8Array): void {
  const handle = native().fromBytes(state, 'uint8', [state.byteLength], 'cpu');
  // Generators take a state of exactly their own size, and an alias would tie it to our buffer.
  const copy = ops.clone(handle);
  try {
    native().setGeneratorState(generator, copy);
  } finally {
    native().release([handle, copy]);
  }
}
