import { evaluatePaths } from '../../src/metrics/evaluate-paths';
import { type PathDraw, type PathLengthOptions, pathLength } from '../../src/metrics/path-length';
import { arange } from '../../src/tensor/create';
import { getRngState } from '../../src/tensor/random';
import { keep, scope } from '../../src/tensor/scope';
import { cat } from '../../src/tensor/shapes';
import type { Tensor } from '../../src/tensor/tensor';
import { failure, usage } from '../support/failure';
import { expectNear } from '../support/feature-sets';
import { testDevice } from '../support/fixtures';

/** Features on the unit circle: a step of w turns them by itself, so that path lengths are known. */
const circle = (w: Tensor): Tensor => cat([w.cos(), w.sin()], 1);

const options: PathLengthOptions = {
  generate: (latents) => latents,
  features: circle,
  latentSize: 1,
  map: (latents) => latents,
  count: 300,
  epsilon: 0.01,
  device: testDevice,
};

/** The mean of what lies between the 1st and the 99th percentile of 300 values. */
function trimmedMean(values: readonly number[]): number {
  const kept = [...values].sort((a, b) => a - b).slice(2, 298);
  return kept.reduce((sum, value) => sum + value, 0) / kept.length;
}

describe('pathLength', () => {
  test.each(['full', 'end'] as const)('in w is that of a generator whose paths are known (%s)', (sampling) =>
    scope(() => {
      const drawn: Tensor[] = [];
      const map = (latents: Tensor): Tensor => {
        drawn.push(keep(latents.clone()));
        return latents;
      };
      const { mean, error } = pathLength({ ...options, map, sampling, batch: 40 });
      const lengths = drawn.flatMap((latents) => {
        const [from, to] = latents.double().chunk(2);
        // Two points of the unit circle, an angle a apart, have the squared distance (2 sin(a / 2))².
        const steps = Array.from(to.sub(from).toTypedArray(), Number);
        latents.dispose();
        return steps.map((step) => ((2 * Math.sin((step * 0.01) / 2)) / 0.01) ** 2);
      });
      expect(lengths).toHaveLength(300);
      expectNear(mean, trimmedMean(lengths), 1e-3);
      expect(error).toBeGreaterThan(0.05 * mean);
      expect(error).toBeLessThan(0.2 * mean);
    }),
  );

  test('in z is the squared angle between latents where features are their directions', () =>
    scope(() => {
      // Normal latents of many dimensions are at right angles: (π / 2)².
      const { map: _, ...inZ } = { ...options, features: (images: Tensor) => images, latentSize: 4000 };
      const { mean } = pathLength({ ...inZ, count: 60 });
      expectNear(mean, (Math.PI / 2) ** 2, 0.01);
    }));

  test('at the start of the paths looks at latents themselves', () =>
    scope(() => {
      const places: number[] = [];
      const generate = (w: Tensor): Tensor => {
        places.push(...Array.from(w.toTypedArray(), Number));
        return w;
      };
      const map = (latents: Tensor): Tensor => latents.mul(0).add(7);
      pathLength({ ...options, map, generate, sampling: 'end', count: 2 });
      expect(places).toEqual([7, 7, 7, 7]);
    }));

  test('measures at the small step of the paper, too', () =>
    scope(() => {
      const { mean } = pathLength({ ...options, epsilon: 1e-4 });
      expectNear(mean, pathLength(options).mean, 0.02);
    }));

  test('draws by its seed, whatever the batch, and leaves the global generator alone', () =>
    scope(() => {
      const before = getRngState();
      expectNear(pathLength({ ...options, batch: 7 }).mean, pathLength(options).mean, 1e-4);
      expect(pathLength(options)).toEqual(pathLength(options));
      expect(pathLength({ ...options, seed: 1 }).mean).not.toBe(pathLength(options).mean);
      expect(getRngState()).toEqual(before);
    }));

  test('is 0 for a generator that does not look at its latents', () =>
    scope(() => {
      expect(pathLength({ ...options, generate: (w) => w.mul(0).add(1) })).toEqual({ mean: 0, error: 0 });
    }));

  describe('with conditions', () => {
    /** Classes 0, 1, 0, 1, … as [count, 2]. */
    const conditions = ({ count, device }: PathDraw): Tensor =>
      arange({ end: count }, { dtype: 'int64', device }).remainder(2).oneHot(2).float();
    const inZ = {
      ...options,
      map: undefined,
      features: (images: Tensor) => images,
      latentSize: 3,
      count: 60,
    };

    test('gives both places of a path the same one, as it was drawn, in w and in z, whatever the batch', () =>
      scope(() => {
        const seen: number[] = [];
        const look = (latents: Tensor): Tensor => {
          const [here, there] = latents.narrow(1, { start: 1, length: 2 }).split(latents.shape[0] / 2);
          expect(here.equal(there)).toBe(true);
          seen.push(...Array.from(here.argmax(1).toTypedArray(), Number));
          return latents.narrow(1, { start: 0, length: 1 });
        };
        const even = Array.from({ length: 30 }, (_, i) => i % 2);
        pathLength({ ...options, conditions, map: look, count: 30, batch: 7 });
        expect(seen).toEqual(even);
        seen.length = 0;
        pathLength({ ...options, conditions, map: undefined, generate: look, count: 30, batch: 7 });
        expect(seen).toEqual(even);
      }));

    test('walks through z alone: what does not look at them has the same length as without', () =>
      scope(() => {
        const generate = (latents: Tensor): Tensor => latents.narrow(1, { start: 0, length: 3 });
        expect(pathLength({ ...inZ, conditions, generate })).toEqual(pathLength(inZ));
        const map = (latents: Tensor): Tensor => generate(latents);
        expect(pathLength({ ...inZ, conditions, map })).toEqual(pathLength({ ...inZ, map: (z) => z }));
      }));

    test('is 0 for a generator that looks at nothing else', () =>
      scope(() => {
        const generate = (latents: Tensor): Tensor => latents.narrow(1, { start: 3, length: 2 });
        expect(pathLength({ ...inZ, conditions, generate })).toEqual({ mean: 0, error: 0 });
      }));
  });

  test('refuses options out of range, and a generator of NaN', () =>
    scope(() => {
      expect(() => pathLength({ ...options, count: 1 })).toThrow(usage('at least 2 images'));
      expect(() => pathLength({ ...options, epsilon: 0 })).toThrow(usage('epsilon'));
      expect(() => pathLength({ ...options, latentSize: 0 })).toThrow(usage('latentSize'));
      const generate = (w: Tensor): Tensor => w.mul(Number.NaN);
      expect(() => pathLength({ ...options, generate })).toThrow(failure('ERR_BAD_FEATURES', 'row 0 '));
    }));
});

describe('evaluatePaths', () => {
  const extractor = {
    name: 'circle',
    sha256: 'cd'.repeat(32),
    dimensions: 2,
    classes: 0,
    resize: 'none',
    extract: (images: Tensor) => ({ features: circle(images), logits: null }),
    dispose() {},
  };
  const asked = {
    extractor,
    generate: options.generate,
    latentSize: 1,
    count: 120,
    seed: 3,
    device: testDevice,
  };

  test('is the path length in z, by a protocol of its own', async () => {
    const { metrics, errors, protocol } = await evaluatePaths({ ...asked, protocol: { weights: 'ema' } });
    const { generate, features, latentSize } = options;
    const { mean, error } = scope(() =>
      pathLength({ generate, features, latentSize, count: 120, seed: 3, device: testDevice }),
    );
    expect([metrics, errors]).toEqual([{ ppl: mean }, { ppl: error }]);
    expect(protocol).toMatchObject({
      of: 'paths between latents',
      features: 'circle',
      paths: 120,
      space: 'z, great circles',
      epsilon: 1e-4,
      weights: 'ema',
    });
  });

  test('ends when it is told to, and gives its memory back', async () => {
    const ended = new AbortController();
    const onProgress = () => ended.abort(new Error('enough'));
    await expect(evaluatePaths({ ...asked, signal: ended.signal, onProgress })).rejects.toThrow('enough');
  });
});
