import { batchNorm2d } from '../../src/nn/batch-norm';
import { conv2d } from '../../src/nn/conv';
import { dropout } from '../../src/nn/dropout';
import { Module } from '../../src/nn/module';
import { type Sequential, sequential } from '../../src/nn/sequential';
import { rand, zeros } from '../../src/tensor/create';
import { interpolate } from '../../src/tensor/functional';
import { getRngState, manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { cat } from '../../src/tensor/shapes';
import type { Tensor } from '../../src/tensor/tensor';
import type { Norms } from '../../src/training/evaluating';
import { type ImageSamplerOptions, imageSampler } from '../../src/training/image-sampler';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';

const AB = { ab: { by: 'ab', from: 'a', to: 'b' } };
const BOTH = { ...AB, ba: { by: 'ba', from: 'b', to: 'a' } };
const REACH = { stride: 4, least: 8, receptiveField: 3 };

const samplerOf = (options: Partial<ImageSamplerOptions> = {}) =>
  imageSampler({ directions: AB, reach: REACH, ...options });

const images = (count: number, height: number, width = height) =>
  rand([count, 1, height, width], { device: testDevice });

/** Remembers the sizes that it was given, and gives images back as they are. */
class Mirror extends Module {
  readonly sizes: string[] = [];

  override forward(input: Tensor): Tensor {
    this.sizes.push(input.shape.slice(2).join('×'));
    return input.mul(1);
  }
}

/** Runs `body` with a network that has all that norms are about, in the mode it has in training. */
function withNorms(body: (network: Sequential, norm: ReturnType<typeof batchNorm2d>) => void): void {
  manualSeed(3);
  const norm = batchNorm2d(4);
  const network = sequential(conv2d(1, 4, { kernelSize: 3, padding: 1 }), norm, dropout(0.5));
  network.to({ device: testDevice });
  try {
    scope(() => body(network, norm));
  } finally {
    network.dispose();
  }
}

describe('bad input', () => {
  test('no direction', () => {
    expect(() => samplerOf({ directions: {} })).toThrow(usage('at least one direction but received none'));
  });

  test.each(['ba', 'toString', ''])('the direction %j, which the model lacks', (direction) => {
    const sampler = samplerOf();
    expect(() => sampler.direction(direction)).toThrow(
      usage(`this model has no direction ${direction}: it has ab`),
    );
    scope(() =>
      expect(() => sampler.make({ ab: new Mirror() }, images(1, 8), { direction })).toThrow(
        usage('it has ab'),
      ),
    );
    expect(() => samplerOf({ directions: BOTH }).direction('cd')).toThrow(usage('it has ab and ba'));
  });

  test.each([
    [7, 8],
    [8, 7],
    [3, 64],
  ])('images of %d×%d, smaller than the network takes', (height, width) => {
    scope(() =>
      expect(() => samplerOf().make({ ab: new Mirror() }, images(1, height, width))).toThrow(
        usage(`images of at least 8×8 pixels but received ${height}×${width}: enlarge them first`),
      ),
    );
  });
});

test('the first direction is meant where none is named, and each network is named once', () => {
  const sampler = samplerOf({ directions: { ...BOTH, again: { by: 'ab', from: 'a', to: 'c' } } });
  expect(sampler.direction()).toEqual({ name: 'ab', by: 'ab', from: 'a', to: 'b' });
  expect(sampler.direction('ba').by).toBe('ba');
  expect(sampler.networks).toEqual(['ab', 'ba']);
});

test.each([
  [8, 12, '8×12'],
  [9, 12, '12×12'],
  [10, 11, '12×12'],
  [17, 8, '20×8'],
])('images of %d×%d are bordered to %s, and cut back to what was there', (height, width, seen) => {
  const mirror = new Mirror();
  scope(() => {
    const input = images(2, height, width);
    expect(samplerOf().make({ ab: mirror }, input).equal(input)).toBe(true);
  });
  expect(mirror.sizes).toEqual([seen]);
});

test('the border is the image’s reflection: a filter sees no edge that is none', () => {
  // The mean over 3×3 pixels of an image mirrored at its edge, which a border of zeros would darken.
  const mean = conv2d(1, 1, { kernelSize: 3, padding: 1, bias: false });
  mean.to({ device: testDevice });
  scope(() => {
    mean
      .parameters()[0]
      .detach()
      .fill_(1 / 9);
    const flat = zeros([1, 1, 10, 8], { device: testDevice }).add(1);
    const rows = samplerOf().make({ ab: mean }, flat).select(3, 4).flatten().toArray() as number[];
    for (const value of rows) expect(value).toBeCloseTo(1, 6);
  });
  mean.dispose();
});

describe('no trace is left', () => {
  test.each<Norms>(['running', 'image'])(
    'in statistics, modes, freezes and random generators by norms %s',
    (norms) =>
      withNorms((network, norm) => {
        norm.eval();
        const state = () => ({
          buffers: network.buffers().map((buffer) => buffer.toArray()),
          modes: network.modules().map(({ training }) => training),
          frozen: network.frozen,
          gradients: network.parameters().map(({ requiresGrad }) => requiresGrad),
          random: [getRngState(), getRngState(testDevice)],
        });
        const input = images(2, 9);
        const before = state();
        const made = samplerOf({ norms }).make({ ab: network }, input);
        expect(state()).toEqual(before);
        expect(made.requiresGrad).toBe(false);
      }),
  );

  test('by a network that fails', () =>
    withNorms((network) => {
      const random = getRngState();
      const wrong = zeros([1, 2, 8, 8], { device: testDevice });
      expect(() => samplerOf({ norms: 'image' }).make({ ab: network }, wrong)).toThrow();
      expect([network.training, network.frozen]).toEqual([true, false]);
      expect(getRngState()).toEqual(random);
    }));

  test('in a network that is frozen, which stays so', () =>
    withNorms((network) => {
      network.freeze();
      samplerOf({ norms: 'image' }).make({ ab: network }, images(1, 8));
      expect([network.frozen, network.parameters()[0].requiresGrad]).toEqual([true, false]);
    }));
});

test('what a network makes beyond [-1, 1] is clamped', () =>
  scope(() => {
    const input = images(2, 8).mul(6).sub(3);
    const made = samplerOf().make({ ab: new Mirror() }, input);
    expect(made.equal(input.clamp({ min: -1, max: 1 }))).toBe(true);
  }));

describe('norms', () => {
  test('running: chance has no part', () =>
    withNorms((network) => {
      const sampler = samplerOf();
      const input = images(2, 8);
      const first = sampler.make({ ab: network }, input, { seed: 1 });
      expect(sampler.make({ ab: network }, input, { seed: 2 }).equal(first)).toBe(true);
    }));

  test('image: dropout draws by the seed, and the same seed draws the same', () =>
    withNorms((network) => {
      const sampler = samplerOf({ norms: 'image' });
      const input = images(2, 8);
      const first = sampler.make({ ab: network }, input, { seed: 1 });
      manualSeed(99);
      expect(sampler.make({ ab: network }, input, { seed: 1 }).equal(first)).toBe(true);
      expect(sampler.make({ ab: network }, input, { seed: 2 }).equal(first)).toBe(false);
      expect(
        sampler.make({ ab: network }, input).equal(sampler.make({ ab: network }, input, { seed: 0 })),
      ).toBe(true);
    }));

  test('image: each image is made by itself, the n-th with seed + n', () =>
    withNorms((network) => {
      const sampler = samplerOf({ norms: 'image' });
      const input = images(3, 8);
      const whole = sampler.make({ ab: network }, input, { seed: 5 });
      const each = input.split(1).map((image, i) => sampler.make({ ab: network }, image, { seed: 5 + i }));
      expect(whole.equal(cat(each))).toBe(true);
      // Its own statistics: half a batch brighter or darker changes nothing for the rest.
      const others = sampler.make(
        { ab: network },
        cat([input.narrow(0, { start: 0, length: 1 }), images(2, 8).mul(9)]),
        {
          seed: 5,
        },
      );
      const firstOf = (made: Tensor) => made.narrow(0, { start: 0, length: 1 });
      expect(firstOf(others).equal(firstOf(whole))).toBe(true);
    }));
});

describe('a grid', () => {
  const draw = (options: Partial<ImageSamplerOptions>, channels = 1, count = 2) =>
    scope(() => {
      const a = zeros([count, 1, 8, 8], { device: testDevice }).add(0.25);
      const b = zeros([2, channels, 8, 8], { device: testDevice }).add(0.5);
      const networks = { ab: new Mirror(), ba: new Mirror() };
      const { images: shown, columns } = samplerOf(options).grid(networks, { a, b });
      return { shape: shown.shape, columns, values: shown.mean([1, 2, 3]).toArray() };
    });

  test('of pairs shows input, output and what should have come out, two examples a row', () => {
    expect(draw({ paired: true })).toEqual({
      shape: [6, 1, 8, 8],
      columns: 6,
      values: [0.25, 0.25, 0.5, 0.25, 0.25, 0.5],
    });
  });

  test('of two domains shows the way back, for each direction', () => {
    const { shape, values } = draw({ directions: BOTH });
    expect(shape).toEqual([12, 1, 8, 8]);
    expect(values).toEqual([...Array(6).fill(0.25), ...Array(6).fill(0.5)]);
  });

  test('of one way between two domains shows beside the output what is there to resemble, as far as it goes', () => {
    expect(draw({}, 1, 3)).toEqual({
      shape: [6, 1, 8, 8],
      columns: 6,
      values: [0.25, 0.25, 0.5, 0.25, 0.25, 0.5],
    });
  });

  test('shows grey images as RGB beside coloured ones', () => {
    expect(draw({ paired: true }, 3).shape).toEqual([6, 3, 8, 8]);
  });
});

describe('a sampler whose outputs are larger than its inputs', () => {
  /** Makes every pixel a square of them. */
  class Enlarging extends Module {
    override forward(input: Tensor): Tensor {
      return interpolate(input, { scaleFactor: 3 });
    }
  }
  const enlarging = () =>
    samplerOf({
      directions: { enlarge: { by: 'ab', from: 'input', to: 'target' } },
      reach: { ...REACH, scale: 3 },
      paired: true,
    });

  test('cuts a border off that is as many times as wide', () =>
    scope(() => {
      const input = images(2, 9, 10);
      const made = enlarging().make({ ab: new Enlarging() }, input);
      expect(made.equal(interpolate(input, { scaleFactor: 3 }))).toBe(true);
    }));

  test('shows inputs in its grid at the size of what it makes of them', () =>
    scope(() => {
      const [input, target] = [images(2, 8), images(2, 24)];
      const grid = enlarging().grid({ ab: new Enlarging() }, { input, target });
      expect([grid.images.shape, grid.columns]).toEqual([[6, 1, 24, 24], 6]);
      const larger = interpolate(input, { scaleFactor: 3 });
      const [shown, made, wanted] = [0, 1, 2].map((at) => grid.images.narrow(0, { start: at, length: 1 }));
      for (const image of [shown, made])
        expect(image.equal(larger.narrow(0, { start: 0, length: 1 }))).toBe(true);
      expect(wanted.equal(target.narrow(0, { start: 0, length: 1 }))).toBe(true);
    }));
});
