// What the fuzzer calls the addon with: values of every kind, mostly of the type asked for and often wrong all the same.

import type { NativeAddon } from '../../src/native/interface';
import type { Handle } from '../../src/native/types';

/** Pseudo-random choices that a seed repeats (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** Uniform in [0, 1). */
  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number below `end`. */
  below(end: number): number {
    return Math.floor(this.unit() * end);
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  list<T>(length: number, make: () => T): T[] {
    return Array.from({ length }, make);
  }
}

/** The tensors and generators that calls draw from, and the words and numbers they go with. */
export interface Pool {
  readonly tensors: readonly Handle[];
  readonly generators: readonly Handle[];
  readonly scripts: readonly Handle[];
  /** Handles that are no longer live. */
  readonly stale: readonly Handle[];
}

const SHAPES = [
  [],
  [0],
  [1],
  [3],
  [4],
  [2, 3],
  [3, 3],
  [0, 3],
  [3, 0],
  [2, 3, 4],
  [3, 3, 3],
  [2, 0, 4],
  [2, 3, 4, 4],
  [3, 3, 3, 3],
  [4, 4, 2, 2],
  [0, 3, 4, 4],
  [2, 3, 0, 4],
  [1, 1, 1, 1, 1],
  [2, 2, 3, 3, 3],
];
export const DTYPES = [
  'float32',
  'float64',
  'float16',
  'bfloat16',
  'uint8',
  'int8',
  'int16',
  'int32',
  'int64',
  'bool',
] as const;

const SMALL = [0, 1, -1, 2, 3, 4, 5, 7, -2, -3, -5];
// Nothing between: what can be allocated at all must be small.
const HUGE = [
  2 ** 44,
  -(2 ** 44),
  2 ** 52,
  2 ** 53,
  -(2 ** 53),
  2n ** 62n,
  -(2n ** 63n),
  2n ** 63n - 1n,
  2n ** 64n,
];
const ODD = [0.5, -0.5, 1e-300, 1e300, 3.7, -0, Number.NaN, Infinity, -Infinity, 255, 1000];
const WORDS = [
  ...DTYPES,
  'complex64',
  'cpu',
  'cpu:0',
  'cpu:1',
  'cuda',
  'cuda:0',
  'cuda:99',
  'meta',
  'mps',
  'contiguous',
  'channels_last',
  'preserve',
  'mean',
  'none',
  'tanh',
  'floor',
  'trunc',
  'left',
  'right',
  'U',
  'L',
  'reduced',
  'complete',
  'r',
  'same',
  'valid',
  'constant',
  'reflect',
  'replicate',
  'circular',
  'ij',
  'xy',
  'gesvd',
  'ij,jk->ik',
  '...i->...',
  'i,i',
  '',
  ' ',
  '\0',
  '\ud800',
  'ε'.repeat(300),
  'float32\n',
];

/** Makes the tensors: every shape in float32, some in the other dtypes; views, leaves, results with a graph, odd values. */
export function makePool(addon: NativeAddon, dice: Dice): Pool {
  const { ops } = addon;
  const tensors: Handle[] = [];
  const random = (shape: readonly number[], dtype: string): Handle => {
    const base = ops.randn_generator(shape, null, 'float32', null, null, null);
    if (dtype === 'float32') return base;
    const result = ops.to_dtype(base, dtype as never, false, false, null);
    addon.releaseOne(base);
    return result;
  };
  for (const shape of SHAPES) {
    tensors.push(random(shape, 'float32'), random(shape, 'float32'), random(shape, dice.pick(DTYPES)));
    tensors.push(ops.randint_low_generator(0, 3, shape, null, 'int64', null, null, null));
  }
  const [matrix, image] = [random([3, 4], 'float32'), random([2, 3, 4, 4], 'float32')];
  tensors.push(matrix, image, ops.t(matrix), ops.contiguous(image, 'channels_last'));
  tensors.push(ops.transpose_int(image, 0, 3), ops.slice_Tensor(image, 3, null, null, 2));
  const one = random([1], 'float32');
  tensors.push(one, ops.expand(one, [3, 3], false), ops.expand(one, [2, 3, 4, 4], false));
  for (const shape of [[3], [2, 3], [2, 3, 4, 4], []]) {
    const leaf = random(shape, 'float32');
    addon.setRequiresGrad([leaf], true);
    tensors.push(leaf, ops.mul_Scalar(leaf, 2), ops.detach(leaf));
  }
  const extremes = new BigInt64Array([-(2n ** 63n), 2n ** 63n - 1n, -1n, 0n, 1n, 2n ** 44n]);
  tensors.push(
    addon.fromBytes(extremes, 'int64', [6], 'cpu'),
    addon.fromBytes(extremes, 'int64', [2, 3], 'cpu'),
  );
  tensors.push(addon.fromBytes(extremes.slice(2, 3), 'int64', [], 'cpu'));
  tensors.push(addon.fromBytes(new Int32Array([-(2 ** 31), -1, 0]), 'int32', [3], 'cpu'));
  const odd = new Float32Array([Number.NaN, Infinity, -Infinity, 3e38, -3e38, 1e-45]);
  for (const shape of [[6], [2, 3], [3, 2]]) tensors.push(addon.fromBytes(odd, 'float32', shape, 'cpu'));
  tensors.push(addon.fromBytes(new Uint8Array([0, 1, 2, 255]), 'bool', [4], 'cpu'));
  tensors.push(sparseGradient(addon));
  const generators = [addon.makeGenerator('cpu', 1), addon.defaultGenerator('cpu')];
  const [script] = addon.loadScript(require.resolve('../fixtures/io/script/plain.pt'), 'cpu', '');
  const stale = tensors.slice(0, 4).map((tensor) => ops.alias(tensor));
  addon.release(stale);
  return { tensors, generators, scripts: [script], stale };
}

/** Gives back what `makePool` made. */
export function releasePool(addon: NativeAddon, pool: Pool): void {
  addon.clearGradients(pool.tensors.filter((tensor) => addon.isLeaf(tensor)));
  addon.release(pool.tensors);
  for (const generator of pool.generators) addon.releaseGenerator(generator);
  for (const script of pool.scripts) addon.releaseScript(script);
}

/** The only way a tensor that is not dense comes about here. */
function sparseGradient(addon: NativeAddon): Handle {
  const { ops } = addon;
  const weight = ops.randn_generator([3, 3], null, 'float32', null, null, null);
  addon.setRequiresGrad([weight], true);
  const indices = addon.fromBytes(new BigInt64Array([0n, 2n]), 'int64', [2], 'cpu');
  const rows = ops.embedding(weight, indices, -1, false, true);
  const total = ops.sum(rows, null);
  const [gradient] = addon.grad([total], [weight], null, false, false, false);
  addon.release([weight, indices, rows, total]);
  return gradient;
}

/** What throws from a getter: the fuzzer lets it pass. */
export class Hostile extends Error {}

/** Draws arguments by the TypeScript type of a parameter. */
export class Arguments {
  /** With it most tensors of one call share a shape and a dtype, so that the call gets past the first check. */
  #favourite: Handle = 0;

  constructor(
    readonly addon: NativeAddon,
    readonly dice: Dice,
    readonly pool: Pool,
  ) {}

  /** Forgets the last call. */
  begin(): void {
    this.#favourite = this.dice.pick(this.pool.tensors);
  }

  /** An argument for a parameter of `type` with the default `initial`. */
  draw(type: string, initial?: string): unknown {
    const { dice } = this;
    if (dice.chance(0.03)) return this.garbage();
    if (initial !== undefined && dice.chance(0.5)) return defaultOf(initial);
    if (type.endsWith(' | null')) return dice.chance(0.3) ? null : this.draw(type.slice(0, -7));
    const array = /^readonly \(?(\w+)( \| null\))?\[\]$/.exec(type);
    if (array) return this.#array(array[1], array[2] !== undefined);
    switch (type) {
      case 'Handle':
        return this.#tensor();
      case 'Generator':
        return dice.pick(this.pool.generators);
      case 'Script':
        return dice.pick(this.pool.scripts);
      case 'Handles': {
        const handles = dice.list(dice.pick([0, 1, 2, 2, 3]), () => this.#tensor());
        return dice.chance(0.3) ? Int32Array.from(handles) : handles;
      }
      case 'Scalar':
        return dice.chance(0.1) ? dice.chance(0.5) : this.#number();
      case 'number':
        return this.#number();
      case 'boolean':
        return dice.chance(0.5);
      case 'DType':
        return dice.pick(DTYPES);
      case 'bytes':
        return this.#bytes();
      case 'device':
        return dice.chance(0.8) ? 'cpu' : dice.pick(WORDS);
      case 'MemoryFormat':
        return dice.pick(['contiguous', 'channels_last', 'preserve']);
      default:
        return dice.pick(WORDS);
    }
  }

  #tensor(): Handle {
    const { dice } = this;
    if (dice.chance(0.01)) return dice.pick([...this.pool.stale, 0, -1, 2 ** 31, 1.5, 2 ** 32 + 5]);
    return dice.chance(0.55) ? this.#favourite : dice.pick(this.pool.tensors);
  }

  #number(): number | bigint {
    const { dice } = this;
    const roll = dice.unit();
    return roll < 0.82 ? dice.pick(SMALL) : roll < 0.93 ? dice.pick(ODD) : dice.pick(HUGE);
  }

  #array(element: string, nullable: boolean): unknown {
    const { dice } = this;
    const length = dice.pick([0, 1, 1, 2, 2, 2, 3, 4, 4, 6]);
    const one = (): unknown =>
      nullable && dice.chance(0.3)
        ? null
        : element === 'number' && dice.chance(0.9)
          ? dice.pick(SMALL)
          : this.draw(element);
    const items = dice.list(length, one);
    if (dice.chance(0.02) && length > 0) return this.#trap(items);
    return items;
  }

  /** An array with a getter that throws, changes the array, or releases a tensor and makes others in its place. */
  #trap(items: unknown[]): unknown[] {
    const { addon, dice } = this;
    const at = dice.below(items.length);
    const value = items[at];
    const kind = dice.below(3);
    return Object.defineProperty(items, at, {
      get: () => {
        if (kind === 0) throw new Hostile('from a getter');
        if (kind === 1) items.length = at;
        else addon.release([addon.ops.zeros([4], 'float32', null, null, null)]);
        return value;
      },
    });
  }

  #bytes(): unknown {
    const { dice } = this;
    const length = dice.pick([0, 1, 4, 8, 24, 32, 48]);
    const buffer = dice.chance(0.2) ? new SharedArrayBuffer(length) : new ArrayBuffer(length);
    switch (dice.below(7)) {
      case 0:
        return buffer;
      case 1:
        return new DataView(buffer, Math.min(length, 2));
      case 2:
        return detached(new Uint8Array(new ArrayBuffer(length)));
      case 3:
        return resized(length, dice.pick([0, 2, 64]));
      case 4:
        return new Float32Array(buffer, 0, Math.floor(length / 4));
      case 5:
        return new BigInt64Array(buffer, 0, Math.floor(length / 8));
      default:
        return new Uint8Array(buffer);
    }
  }

  /** Anything at all. */
  garbage(): unknown {
    const { dice } = this;
    switch (dice.below(22)) {
      case 0:
        return undefined;
      case 1:
        return null;
      case 2:
        return dice.pick(HUGE);
      case 3:
        return dice.pick(ODD);
      case 4:
        return dice.pick(WORDS);
      case 5:
        return Symbol('fuzz');
      case 6:
        return {};
      case 7:
        return () => 0;
      case 8:
        return new Proxy([1, 2], {});
      case 9:
        return [[1, 2], [3]];
      case 10:
        return new Array(2 ** 32 - 1);
      case 11:
        return new Float32Array(3);
      case 12:
        return detached(new Int32Array(4));
      case 13:
        return new Int32Array(new SharedArrayBuffer(8));
      case 14:
        return resized(16, 4);
      case 15:
        return [undefined, null];
      case 16:
        return new Map();
      case 17:
        return Promise.resolve(1);
      case 18:
        return new Int32Array([...this.pool.stale]);
      case 19:
        return new Date(Number.NaN);
      case 20:
        return ['x', 1n, true];
      default:
        return this.draw(
          dice.pick(['Handle', 'Handles', 'readonly number[]', 'DType', 'bytes', 'Scalar', 'boolean']),
        );
    }
  }
}

function defaultOf(initial: string): unknown {
  return initial.startsWith("'") ? initial.slice(1, -1) : JSON.parse(initial);
}

function detached<T extends Uint8Array | Int32Array>(view: T): T {
  structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] });
  return view;
}

/** A view that follows its buffer's length, or that its buffer has shrunk away from; an ordinary one where Node has none. */
function resized(length: number, after: number): ArrayBufferView {
  const Resizable = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer;
  const buffer = new Resizable(length, { maxByteLength: 64 }) as ArrayBuffer & {
    resize?(length: number): void;
  };
  const view = length % 4 === 0 ? new Int32Array(buffer) : new DataView(buffer, 0, length);
  buffer.resize?.(after);
  return view;
}
