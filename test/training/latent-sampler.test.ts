import { batchNorm1d } from '../../src/nn/batch-norm';
import { dropout } from '../../src/nn/dropout';
import { linear } from '../../src/nn/linear';
import { sequential } from '../../src/nn/sequential';
import { reshape } from '../../src/nn/shape';
import { randn, tensor } from '../../src/tensor/create';
import { getRngState } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { classesOf, type Latent, splitLatents } from '../../src/training/latent';
import { CLASS_COLUMNS, type LatentSampler, latentSampler } from '../../src/training/latent-sampler';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';

const device = testDevice;
const PLAIN: Latent = { size: 4 };
const CLASSES: Latent = { size: 4, classes: 3 };

/** Draws the inputs of a grid, and releases them. */
async function withInputs(
  sampler: LatentSampler,
  { count = 5, seed = 1 },
  body: (latents: Tensor) => void,
): Promise<void> {
  const examples = () => Promise.reject(new Error('latents need no examples'));
  const { latents } = await sampler.gridInputs({ count, seed, device, examples });
  try {
    scope(() => body(latents));
  } finally {
    latents.dispose();
  }
}

function withNetworks(body: (networks: { generator: ReturnType<typeof build> }) => void): void {
  const networks = { generator: build() };
  networks.generator.to({ device });
  try {
    scope(() => body(networks));
  } finally {
    networks.generator.dispose();
  }
}

const build = () => sequential(linear(4, 16), batchNorm1d(16), dropout(0.5), reshape([1, 4, 4]));

test('refuses a latent out of range', () => {
  expect(() => latentSampler({ by: 'generator', latent: { size: 0 } })).toThrow(usage('a positive size'));
});

test('images are those of the network at rest, the same whatever they are made with, and no trace is left', () =>
  withNetworks((networks) => {
    const { generator } = networks;
    const sampler = latentSampler({ by: 'generator', latent: PLAIN });
    const latents = randn([6, 4], { device });
    const state = () => generator.buffers().map((buffer) => buffer.toArray());
    const before = [state(), getRngState(device), generator.modules().map(({ training }) => training)];
    const images = sampler.make(networks, latents);
    expect(images.shape).toEqual([6, 1, 4, 4]);
    expect([images.dtype, images.requiresGrad]).toEqual(['float32', false]);
    const first = sampler.make(networks, latents.narrow(0, { start: 0, length: 1 }));
    expect(
      first
        .sub(images.narrow(0, { start: 0, length: 1 }))
        .abs()
        .amax()
        .item(),
    ).toBeLessThan(1e-6);
    expect([state(), getRngState(device), generator.modules().map(({ training }) => training)]).toEqual(
      before,
    );
  }));

test('what a network without a tanh makes is clamped to [-1, 1], and NaN stays', () =>
  scope(() => {
    const generator = sequential(reshape([1, 1, 4]));
    const sampler = latentSampler({ by: 'generator', latent: PLAIN });
    const latents = tensor([[-3, -0.5, 1.25, Number.NaN]], { device });
    expect(sampler.make({ generator }, latents).toArray()).toEqual([[[[-1, -0.5, 1, Number.NaN]]]]);
    expect(latents.toArray()).toEqual([[-3, -0.5, 1.25, Number.NaN]]);
  }));

test('a grid is of latents of its own seed, the same every time', async () => {
  const sampler = latentSampler({ by: 'generator', latent: PLAIN });
  const drawn: unknown[] = [];
  const random = getRngState(device);
  for (const seed of [1, 1, 2])
    await withInputs(sampler, { seed }, (latents) => {
      expect(latents.shape).toEqual([5, 4]);
      drawn.push(latents.toArray());
    });
  expect(drawn[1]).toEqual(drawn[0]);
  expect(drawn[2]).not.toEqual(drawn[0]);
  expect(getRngState(device)).toEqual(random);
});

test('a grid has a row for each class, whose noise is the same in each', async () => {
  const sampler = latentSampler({ by: 'generator', latent: CLASSES });
  await withInputs(sampler, {}, (latents) => {
    expect([...classesOf(CLASSES, latents)]).toEqual(
      [0, 1, 2].flatMap((label) => Array(CLASS_COLUMNS).fill(label)),
    );
    const rows = splitLatents(CLASSES, latents)
      .noise.reshape([3, CLASS_COLUMNS * 4])
      .toArray() as number[][];
    expect([rows[1], rows[2]]).toEqual([rows[0], rows[0]]);
  });
});

test('a grid is as wide as classes have columns, else as it goes', () => {
  const networks = { generator: sequential(linear(7, 16), reshape([1, 4, 4])).to({ device }) };
  scope(() => {
    const latents = randn([24, 7], { device });
    const grid = (latent: Latent) => latentSampler({ by: 'generator', latent }).grid(networks, { latents });
    expect(grid(CLASSES).columns).toBe(CLASS_COLUMNS);
    expect(grid({ size: 7 }).columns).toBeUndefined();
    expect(grid({ size: 7 }).images.shape).toEqual([24, 1, 4, 4]);
  });
  networks.generator.dispose();
});

test('smaller images than its size are enlarged to it, pixel by pixel, and others stay as they are', () =>
  withNetworks((networks) => {
    const of = (size?: { height: number; width: number }) =>
      latentSampler({ by: 'generator', latent: PLAIN, size });
    const latents = randn([2, 4], { device });
    const small = of().make(networks, latents);
    const [, channels, height, width] = small.shape;
    const large = of({ height: 2 * height, width: 4 * width }).make(networks, latents);
    expect(large.shape).toEqual([2, channels, 2 * height, 4 * width]);
    const repeated = small
      .reshape([2, channels, height, 1, width, 1])
      .expand([2, channels, height, 2, width, 4]);
    expect(large.equal(repeated.reshape(large.shape))).toBe(true);
    expect(of({ height, width }).make(networks, latents).equal(small)).toBe(true);
  }));
