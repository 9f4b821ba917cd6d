import { type ReplayPool, replayPool } from '../../src/models/replay-pool';
import { whileCapturing } from '../../src/tensor/capture';
import { arange, rand, randn } from '../../src/tensor/create';
import { hostReads } from '../../src/tensor/host-reads';
import { memory } from '../../src/tensor/memory';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { failure, usage } from '../support/failure';
import { testDevice } from '../support/fixtures';

const dot = { channels: 1, height: 1, width: 1 };

function numbers(values: Tensor): number[] {
  return Array.from(values.toTypedArray(), Number);
}

/** Images of one pixel that count on from `start`. */
function counting(start: number, batch: number): Tensor {
  return arange({ start, end: start + batch }, { device: testDevice }).reshape([batch, 1, 1, 1]);
}

/** What the pool of the papers does, image by image, with the draws that the module takes from the generator. */
class SequentialPool {
  readonly images: number[] = [];

  constructor(readonly size: number) {}

  exchange(
    images: readonly number[],
    { coins, draws }: { coins: readonly number[]; draws: readonly number[] },
  ): number[] {
    return images.map((image, index) => {
      if (this.images.length < this.size) {
        this.images.push(image);
        return image;
      }
      if (coins[index] >= 0.5) return image;
      const place = Math.floor(draws[index] * this.size);
      const old = this.images[place];
      this.images[place] = image;
      return old;
    });
  }
}

describe('replayPool', () => {
  let pool: ReplayPool;

  afterEach(() => pool?.dispose());

  test.each([
    [{ images: dot, size: -1 }, 'replayPool expects size to be an integer of at least 0 but received -1'],
    [{ images: dot, size: 1.5 }, 'replayPool expects size to be an integer of at least 0 but received 1.5'],
    [
      { images: { ...dot, height: 0 } },
      'replayPool expects images.height to be a positive integer but received 0',
    ],
  ])('refuses bad options (%#)', (options, message) => {
    expect(() => replayPool(options)).toThrow(usage(message));
  });

  test('refuses images of another shape', () => {
    pool = replayPool({ images: { channels: 3, height: 4, width: 2 }, size: 2 });
    scope(() => {
      for (const shape of [
        [1, 3, 2, 4],
        [3, 4, 2],
      ]) {
        const images = randn(shape);
        expect(() => pool.forward(images)).toThrow(
          failure('ERR_SHAPE', `expected images [N, 3, 4, 2] but received [${shape.join(', ')}]`),
        );
      }
    });
  });

  test.each([
    { size: 1, batch: 1 },
    { size: 5, batch: 1 },
    { size: 5, batch: 3 },
    { size: 3, batch: 8 },
    { size: 50, batch: 4 },
  ])('passes images one after another, as a loop does: %p', ({ size, batch }) => {
    pool = replayPool({ images: dot, size }).to({ device: testDevice });
    const sequential = new SequentialPool(size);
    for (let step = 0; step < 60; step++) {
      scope(() => {
        const images = counting(step * batch, batch);
        manualSeed(step);
        const [coins, draws] = rand([2, batch], { device: testDevice }).unbind().map(numbers);
        manualSeed(step);
        const shown = numbers(pool.forward(images));
        expect(shown).toEqual(sequential.exchange(numbers(images), { coins, draws }));
        const held = Math.min(size, (step + 1) * batch);
        expect(Number(pool.count?.item())).toBe(held);
        expect(pool.images && numbers(pool.images).slice(0, held)).toEqual(sequential.images);
      });
    }
  });

  test('shows an old image half the time, from every place alike', () => {
    pool = replayPool({ images: dot, size: 4 });
    manualSeed(1);
    scope(() => {
      pool.forward(counting(-4, 4));
      let old = 0;
      const ages = [0, 0, 0, 0];
      const steps = 4_000;
      for (let step = 0; step < steps; step++) {
        const before = pool.images ? numbers(pool.images) : [];
        const [shown] = scope(() => numbers(pool.forward(counting(step, 1))));
        if (shown === step) continue;
        old++;
        ages[before.indexOf(shown)]++;
      }
      // Five standard deviations of a binomial.
      expect(Math.abs(old - steps / 2)).toBeLessThan(5 * Math.sqrt(steps / 4));
      for (const age of ages) expect(Math.abs(age - old / 4)).toBeLessThan(5 * Math.sqrt((old * 3) / 16));
    });
  });

  test('keeps whole images, in their dtype, without a graph', () => {
    pool = replayPool({ images: { channels: 2, height: 3, width: 4 }, size: 2 });
    manualSeed(3);
    scope(() => {
      const seen: Tensor[] = [];
      for (let step = 0; step < 12; step++) {
        const images = randn([1, 2, 3, 4], { requiresGrad: true }).to({ dtype: 'bfloat16' });
        seen.push(images);
        const shown = pool.forward(images);
        expect([shown.dtype, shown.requiresGrad]).toEqual(['bfloat16', false]);
        expect(seen.some((known) => known.equal(shown))).toBe(true);
      }
    });
  });

  test('of size 0 passes everything on, without a graph', () => {
    pool = replayPool({ images: dot, size: 0 });
    scope(() => {
      const images = randn([2, 1, 1, 1], { requiresGrad: true });
      const shown = pool.forward(images);
      expect(shown.equal(images)).toBe(true);
      expect(shown.requiresGrad).toBe(false);
      expect(Object.keys(pool.stateDict())).toEqual([]);
    });
  });

  test('goes on from its state as it would have, frozen and at rest too', () => {
    pool = replayPool({ images: dot, size: 3 });
    const other = replayPool({ images: dot, size: 3 });
    scope(() => {
      pool.forward(counting(0, 2));
      other.loadStateDict(pool.stateDict());
      expect(Object.keys(pool.stateDict())).toEqual(['images', 'count']);
      other.freeze().eval();
      const shown = [pool, other].map((each) => {
        manualSeed(7);
        return Array.from({ length: 20 }, (_, step) =>
          numbers(each.forward(counting(2 + 2 * step, 2))),
        ).flat();
      });
      expect(shown[0]).toEqual(shown[1]);
      expect(shown[0].some((image) => image < 2)).toBe(true);
    });
    other.dispose();
  });

  test('can be recorded: nothing comes to the host, and no memory stays', () => {
    pool = replayPool({ images: dot, size: 4 });
    scope(() => {
      const images = counting(0, 3);
      const before = { reads: hostReads(), memory: memory().tensors };
      for (let step = 0; step < 5; step++) scope(() => whileCapturing(() => void pool.forward(images)));
      expect({ reads: hostReads(), memory: memory().tensors }).toEqual(before);
    });
  });
});
