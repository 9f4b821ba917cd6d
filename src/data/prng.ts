// Taken out of Math once: where the global object is guarded (Jest), looking it up costs more than the arithmetic.
const { floor, imul, sqrt } = Math;
const SQRT3 = sqrt(3);

const GOLDEN = 0x9e3779b9;

/** One round of murmur3's 32-bit finaliser: every input bit reaches every output bit. */
function scramble(word: number): number {
  let h = word | 0;
  h = imul(h ^ (h >>> 16), 0x85ebca6b);
  h = imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/**
 * A small, fast random generator (sfc32, Chris Doty-Humphrey's PractRand) for drawing data and shuffling it.
 *
 * It is seeded by a list of integers, e.g. `new Prng(seed, epoch)`, so that what is drawn for image 17 or epoch 3 depends on
 * those numbers alone and on nothing drawn before. The same numbers give the same stream on every machine.
 */
export class Prng {
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 1;

  /** @param keys Non-negative safe integers; their order matters. */
  constructor(...keys: number[]) {
    this.reseed(...keys);
  }

  /** Starts the stream of `keys`, as a new generator would: cheaper than one object an image. */
  reseed(...keys: number[]): void {
    let h = GOLDEN;
    for (const key of keys) {
      h = scramble(h ^ (key | 0)) + GOLDEN;
      h = scramble(h ^ floor(key / 2 ** 32)) + GOLDEN;
    }
    this.#a = scramble(h);
    this.#b = scramble(h + GOLDEN);
    this.#c = scramble(h + 2 * GOLDEN);
    this.#counter = 1;
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** The next integer, uniform in [0, 2³²). */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** The next number, uniform in [0, 1). */
  uniform(): number {
    return this.uint32() / 2 ** 32;
  }

  /** The next number, uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** The next integer, uniform in [0, bound), `bound` ≤ 2³² (bias below bound / 2³²). */
  below(bound: number): number {
    return floor(this.uniform() * bound);
  }

  /**
   * A bell-shaped number with mean 0 and standard deviation 1, never further out than ±3.5: the sum of four uniform ones
   * (Irwin–Hall). For variation that must not have outliers; it is no substitute for a normal latent.
   */
  bell(): number {
    const sum = this.uint32() + this.uint32() + this.uint32() + this.uint32();
    return (sum / 2 ** 32 - 2) * SQRT3;
  }

  /** A random order of 0 … count − 1 (Fisher–Yates), as an Int32Array: ready to be an index tensor. */
  permutation(count: number): Int32Array {
    const order = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      const j = this.below(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
