import { isCpu, setThreads, threads } from '../tensor/device';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';

/** What is known of one kind of images. */
interface Known {
  /** Whether one thread makes the same bits; undefined until both were tried. */
  isSame?: boolean;
  asked: number;
  /** The last times in milliseconds: of one thread, and of all. */
  readonly one: number[];
  readonly all: number[];
}

/** What takes longer has work for all threads, and on one would keep others waiting: that is not tried. */
const SMALL_MS = 50;
/** Requests in which both ways are measured at first, in turn. */
const TRIALS = 8;
/** Afterwards the slower way is measured again when the quicker one has taken so many times its time. */
const AGAIN = 32;
/** The better of so many times counts: another program that comes between makes one of them long. */
const TIMES = 2;

/**
 * Makes images with all of LibTorch's threads or with one, whichever is quicker now, where both make the same bits. A small network's operators are
 * over before a second thread has woken up, and one that must share its core makes all wait. Whether bits depend on the number of threads follows
 * from the shapes, so they are compared once for each kind of request, and only where that takes a moment.
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
    const known = kinds.get(kind) ?? { asked: 0, one: [], all: [] };
    kinds.set(kind, known);
    const isFirst = known.asked++ === 0;
    // What the first one takes is mostly preparation.
    if (isFirst || known.isSame === false) return make();
    return known.isSame ? this.#timed(known, make, most) : this.#compared(known, make, most);
  }

  #compared(known: Known, make: () => Tensor, most: number): Tensor {
    const start = this.#now();
    const images = make();
    if (this.#now() - start > SMALL_MS) return images;
    known.isSame = isSameOnOne(make, images, most);
    known.asked = 1;
    return images;
  }

  #timed(known: Known, make: () => Tensor, most: number): Tensor {
    const times = nextOf(known);
    const start = this.#now();
    const images = times === known.one ? onOne(make, most) : make();
    times.push(this.#now() - start);
    if (times.length > TIMES) times.shift();
    return images;
  }
}

function nextOf({ asked, one, all }: Known): number[] {
  if (asked <= TRIALS + 1) return asked % 2 === 0 ? one : all;
  const [ofOne, ofAll] = [Math.min(...one), Math.min(...all)];
  const [quicker, slower] = ofOne <= ofAll ? [one, all] : [all, one];
  const ratio = Math.max(ofOne, ofAll) / Math.min(ofOne, ofAll);
  return asked % Math.ceil(AGAIN * ratio) === 0 ? slower : quicker;
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
