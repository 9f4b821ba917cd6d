import { ImageDataset } from '../../src/data/dataset';
import { noisy, shrunk } from '../../src/data/degradations';
import { type Degradation, degraded } from '../../src/data/degraded-dataset';
import { randn, tensor } from '../../src/tensor/create';
import { Generator } from '../../src/tensor/random';
import { dispose, scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { bytesOf, takeBytes } from '../support/batches';
import { usage } from '../support/failure';
import { readCases, testDevice } from '../support/fixtures';
import { tinyData, tinyDataset } from '../support/training';

const grain: Degradation = {
  name: 'grain',
  specs: (images) => ({ input: images }),
  map: (images, generator) => ({
    input: images.add(randn(images.shape, { generator, device: images.device }).mul(0.1)),
  }),
};

const photos = () => tinyDataset({ count: 11, channels: 3, resolution: { height: 8, width: 12 } });

/** What a part gives for some places, as numbers. */
async function fetched(
  part: { fetch(indices: Int32Array, device: string): Promise<() => Tensor> },
  places: number[],
) {
  const make = await part.fetch(Int32Array.from(places), testDevice);
  return scope(() => {
    const images = make();
    return images.split(1).map((image) => Buffer.from(image.toBytes()).toString('hex'));
  });
}

describe('bad input is refused', () => {
  test.each(['pairs', 'unpaired'] as const)('a set of kind %s', (kind) => {
    const set = tinyData(kind);
    expect(() => degraded(set, grain)).toThrow(
      usage(`only a set of single images can be degraded, but ${set.name} has a and b: try folder:PATH`),
    );
  });

  test.each([1, 0, -2, 1.5, Number.NaN])('a scale of %d', (scale) => {
    expect(() => shrunk(scale)).toThrow(
      usage(`shrunk expected a whole number of at least 2 but received ${scale}`),
    );
  });

  test('images whose sides the scale does not divide, and a crop of such', () => {
    expect(() => degraded(photos(), shrunk(3))).toThrow(
      usage('a scale of 3 expects images whose height and width it divides but they are of 8×12: try 6×12'),
    );
    expect(() => degraded(photos(), shrunk(4)).loader({ batch: 2, crop: 6 })).toThrow(
      usage('a scale of 4 expects images whose height and width it divides but they are of 6×6: try 4×4'),
    );
  });

  test.each([
    [0, '0'],
    [-1, '-1'],
    [Number.NaN, 'NaN'],
    [[0, 0] as const, '0'],
    [[20, 10] as const, '20 to 10'],
  ])('noise of σ %j', (sigma, said) => {
    expect(() => noisy({ sigma })).toThrow(
      usage(`noisy expected a sigma above 0, or a range of such, but received ${said}`),
    );
  });
});

describe('a loader of degraded images', () => {
  test('gives what is made beside the images as they were, cut and mirrored before, with their labels', async () => {
    const set = degraded(photos(), shrunk(2));
    expect([set.kind, set.count, set.name]).toEqual(['pairs', 11, 'tiny']);
    expect(set.specs).toMatchObject({
      input: { channels: 3, height: 4, width: 6 },
      target: { channels: 3, height: 8, width: 12, classes: 3 },
    });
    const options = { batch: 4, crop: 6, flip: true, seed: 3, device: testDevice };
    const [loader, plain] = [set.loader(options), photos().loader(options)];
    expect(loader.specs).toMatchObject({ input: { height: 3, width: 3 }, target: { height: 6, width: 6 } });
    const [made, whole] = [await loader.next(), await plain.next()];
    expect(Object.keys(made).sort()).toEqual(['input', 'labels', 'target']);
    expect(bytesOf({ images: made.target, labels: made.labels })).toEqual(bytesOf(whole));
    expect(made.input.shape).toEqual([4, 3, 3, 3]);
    for (const held of [made, whole]) dispose(held);
    for (const each of [loader, plain]) each.dispose();
  });

  test('draws anew for each batch and epoch, and goes on from any place bit for bit', async () => {
    const set = degraded(photos(), grain);
    const loader = () => set.loader({ batch: 4, seed: 3, device: testDevice });
    const whole = loader();
    const expected = await takeBytes(whole, 5);
    expect(new Set(expected.map(({ input }) => input)).size).toBe(5);
    const first = loader();
    expect(await takeBytes(first, 3)).toEqual(expected.slice(0, 3));
    const later = loader();
    later.setState(JSON.parse(JSON.stringify(first.state())));
    expect(await takeBytes(later, 2)).toEqual(expected.slice(3));
    for (const each of [whole, first, later]) each.dispose();
  });

  test('says what its images are as the set does', async () => {
    const set = degraded(photos(), grain);
    const loader = set.loader({ batch: 4 });
    expect(await loader.identity?.()).toEqual(await photos().identity());
    expect([set.notes, set.skipped]).toEqual([[], []]);
    loader.dispose();
  });
});

describe('the parts of degraded images', () => {
  test('are the same for each image whatever comes with it, and whenever', async () => {
    const { input } = degraded(photos(), grain).parts;
    const all = await fetched(input, [0, 1, 2, 3, 4]);
    expect(new Set(all).size).toBe(5);
    expect(await fetched(input, [3, 1])).toEqual([all[3], all[1]]);
    const again = degraded(photos(), grain).parts.input;
    expect(await fetched(again, [4])).toEqual([all[4]]);
  });

  test('are the images themselves as target, and have labels, names and hashes', async () => {
    const set = degraded(photos(), grain);
    const { input, target } = set.parts;
    expect(target).toBeInstanceOf(ImageDataset);
    expect([input.name, input.count, input.spec]).toEqual(['tiny (input: grain)', 11, photos().spec]);
    expect([input.labels, input.classNames]).toEqual([photos().labels, photos().classNames]);
    const hashes = await Promise.all([
      input.sha256(),
      degraded(photos(), grain).parts.input.sha256(),
      degraded(photos(), { ...grain, name: 'dust' }).parts.input.sha256(),
      target.sha256(),
    ]);
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(hashes[1]).toBe(hashes[0]);
    expect(new Set(hashes).size).toBe(3);
  });
});

describe('what is left of images', () => {
  interface Protocol {
    readonly scale: number;
  }

  test.each(readCases<Protocol>('data/shrunk').map((one) => [one.name, one] as const))(
    'is what PyTorch leaves: %s',
    (_, { scale, tensors }) =>
      scope(() => {
        const generator = new Generator({ device: testDevice });
        const { input } = shrunk(scale).map(tensors.tensor('images').div(127.5).sub(1), generator);
        generator.dispose();
        const levels = input.add(1).mul(127.5);
        expect(levels.sub(levels.round()).abs().max().item()).toBeLessThan(1e-4);
        expect(levels.round().sub(tensors.tensor('small')).abs().max().item()).toBe(0);
      }),
  );
});

describe('noise', () => {
  const many = (value: number) =>
    tensor([value], { dtype: 'float32', device: testDevice }).expand([4, 3, 96, 96]);
  const of = (options: Parameters<typeof noisy>[0], value: number) =>
    scope(() => {
      const generator = new Generator({ device: testDevice, seed: 5 });
      const noise = noisy(options).map(many(value), generator).input.sub(value).mul(127.5);
      generator.dispose();
      const deviations = noise.std([1, 2, 3]).toArray() as number[];
      return { mean: noise.mean().item(), deviations, most: noise.abs().max().item() };
    });

  test('has the deviation that is asked for in levels of 256, and is not clipped', () => {
    const { mean, deviations, most } = of({ sigma: 25 }, 1);
    expect(Math.abs(mean)).toBeLessThan(0.5);
    for (const deviation of deviations) expect(Math.abs(deviation - 25)).toBeLessThan(0.6);
    expect(most).toBeGreaterThan(75);
  });

  test('of a range has a deviation of its own in each image', () => {
    const { deviations } = of({ sigma: [0, 55] }, 0);
    expect(new Set(deviations.map((each) => each.toFixed(2))).size).toBe(4);
    for (const deviation of deviations) expect(deviation).toBeLessThan(56);
  });

  test('of few photons grows with the root of the brightness, and leaves black as it is', () => {
    for (const [value, share] of [
      [1, 1],
      [-0.5, 0.5],
      [-1, 0],
    ])
      for (const deviation of of({ kind: 'poisson', sigma: 25 }, value).deviations)
        expect(Math.abs(deviation - 25 * share)).toBeLessThan(0.8);
    for (const deviation of of({ kind: 'poisson', sigma: [0, 40] }, 1).deviations)
      expect(Number.isFinite(deviation)).toBe(true);
  });
});
