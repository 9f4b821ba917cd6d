import { isCpu, setThreads, threads } from '../tensor/device';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';

/** What is known of one kind of images. */
interface Known {
  /** Whether one thread makes the same bits; undefined until both were tried. */
  readonly isSame: boolean;
  asked: number;
  /** The last times in milliseconds: of one thread, and of all. */
  readonly one: number[];
  readonly all: number[];
}

/** Requests in which both ways are measured at first, in turn. */
const TRIALS = 8;
/** Afterwards the slower way is measured again in one of so many requests. */
const AGAIN = 32;
/** The better of so many times counts: another program that comes between makes one of them long. */
const TIMES = 2;

/**
 * Makes images with all of LibTorch's threads or with one, whichever is quicker now, where both make the same bits. A small network's operators are
 * over before a second thread has woken up, and one that must share its core makes all wait. Bits may depend on the number of threads by
 * the shapes alone, so they are compared once for each kind of request.
 */
export class ThreadChoice {
  /** By model, then by kind. */
  readonly #known = new WeakMap<object, Map<string, Known>>();
  readonly #now: () => number;

  /** @param now a clock in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * @param kind what the shapes follow from: of a model there are few
   * @param make images on the CPU, the caller's; the same ones each time
   */
  make(model: { readonly device: string }, kind: string, make: () => Tensor): Tensor {
    const most = threads();
    if (!isCpu(model.device) || most === 1) return make();
    const kinds = this.#known.get(model) ?? new Map<string, Known>();
    this.#known.set(model, kinds);
    const known = kinds.get(kind);
    if (!known) {
      const images = make();
      kinds.set(kind, { isSame: isSameOnOne(make, images, most), asked: 0, one: [], all: [] });
      return images;
    }
    if (!known.isSame) return make();
    const times = nextOf(known);
    const start = this.#now();
    const images = times === known.one ? onOne(make, most) : make();
    times.push(this.#now() - start);
    if (times.length > TIMES) times.shift();
    return images;
  }
}

function nextOf(known: Known): number[] {
  const { one, all } = known;
  const asked = known.asked++;
  if (asked < TRIALS) return asked % 2 === 0 ? one : all;
  const [quicker, slower] = Math.min(...one) <= Math.min(...all) ? [one, all] : [all, one];
  return asked % AGAIN === 0 ? slower : quicker;
}

/** False also where one thread fails: the images are there. */
function isSameOnOne(make: () => Tensor, images: Tensor, most: number): boolean {
  try {
    return scope(() => Buffer.from(images.toBytes()).equals(onOne(make, most).toBytes()));
  } catch {
    return false;
  }
}

function onOne(make: () => Tensor, most: number): Tensor {
  setThreads(1);
  try {
    return make();
  } finally {
    setThreads(most);
  }
}
