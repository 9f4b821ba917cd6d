import { gaussianKl } from '../../src/losses/information';
import { bernoulliNll } from '../../src/losses/likelihood';
import type { VaeDecoder, VaeEncoder } from '../../src/models/vae';
import { logWeights } from '../../src/recipes/autoencoder';
import { vae } from '../../src/recipes/vae';
import { vaeGan } from '../../src/recipes/vae-gan';
import { noGrad } from '../../src/tensor/autograd';
import { full, rand, tensor } from '../../src/tensor/create';
import { Generator } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import type { Model } from '../../src/training/model';
import { expectClose } from '../support/close';
import { buildModel } from '../support/training';

function withRandom(body: (random: Generator) => void): void {
  const random = new Generator({ device: 'cpu', seed: 4 });
  try {
    noGrad(() => scope(() => body(random)));
  } finally {
    random.dispose();
  }
}

function withModel(model: Model, body: (model: Model, random: Generator) => void): void {
  for (const network of Object.values(model.networks)) network.eval();
  try {
    withRandom((random) => body(model, random));
  } finally {
    for (const network of Object.values(model.networks)) network.dispose();
  }
}

test('with the true posterior every ln w is ln p(x): x = z + ε, both normal', () =>
  withRandom((random) => {
    const x = tensor([[-1.5], [0], [2]], { dtype: 'float32' });
    // z | x ~ N(x / 2, 1/2), and x ~ N(0, 2).
    const posterior = { mean: x.mul(0.5), logVariance: full([3, 1], Math.log(0.5)) };
    const logLikelihood = (z: Tensor) =>
      x
        .sub(z)
        .square()
        .add(Math.log(2 * Math.PI))
        .mul(-0.5)
        .sum(1);
    const weights = logWeights({ posterior, logLikelihood, draws: 5, random });
    const evidence = x
      .square()
      .mul(-0.25)
      .sub(0.5 * Math.log(4 * Math.PI));
    expectClose(weights, evidence.expand([3, 5]), { relative: 1e-5 });
  }));

test('the mean of ln w is the ELBO with its divergence in closed form', () =>
  withModel(
    buildModel(vae, { set: { latentSize: '2', hidden: '8', binarize: 'true' }, resolution: 8 }),
    ({ autoencoder, networks }, random) => {
      const images = rand([3, 1, 8, 8], { generator: random, device: 'cpu' }).gt(0.5).float().mul(2).sub(1);
      const encoder = networks.encoder as VaeEncoder;
      const decoder = networks.decoder as VaeDecoder;
      const posterior = encoder.encode(images);
      const weights = autoencoder?.likelihood?.logWeights(images, { draws: 4_000, random });
      if (!weights) throw new Error('expected ln w of a vae');
      expect(weights.shape).toEqual([3, 4_000]);
      const kl = gaussianKl(posterior, { reduction: 'none' });
      // A fresh decoder hardly depends on its latents: at their mean it is near to its mean.
      const nll = bernoulliNll(decoder.decode(posterior.mean), images, { reduction: 'none' });
      expectClose(weights.mean(1), nll.add(kl).neg(), { relative: 2e-2 });
    },
  ));

test.each([
  ['bernoulli', undefined],
  ['gaussian', 2 / 255],
  ['discretized', 1],
])('%s pixels compare in bits of width %p', (likelihood, binWidth) =>
  withModel(
    buildModel(vae, { set: { likelihood, latentSize: '2', hidden: '8' }, resolution: 8 }),
    ({ autoencoder }, random) => {
      expect(autoencoder?.likelihood).toMatchObject({ name: likelihood, binWidth });
      const images = full([2, 1, 8, 8], -1);
      const weights = autoencoder?.likelihood?.logWeights(images, { draws: 2, random });
      expect(weights?.isfinite().to({ dtype: 'int32' }).min().item()).toBe(1);
      expect(autoencoder?.reconstruct(images).shape).toEqual([2, 1, 8, 8]);
    },
  ),
);

test('vae-gan reconstructs, and has no likelihood of pixels', () =>
  withModel(buildModel(vaeGan, { set: { latentSize: '3', width: '4' } }), ({ autoencoder }) => {
    expect(autoencoder?.likelihood).toBeUndefined();
    expect(autoencoder?.reconstruct(full([2, 1, 16, 16], -1)).shape).toEqual([2, 1, 16, 16]);
  }));
