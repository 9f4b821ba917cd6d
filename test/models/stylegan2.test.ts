import * as models from '../../src/models';
import { noGrad } from '../../src/tensor/autograd';
import { randn, tensor } from '../../src/tensor/create';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { testModels } from '../support/model-cases';

const device = testDevice;
const images = { channels: 3, height: 32, width: 32 };
const sizes = { images, width: 2, maxWidth: 8 };
const LAYERS = 8;

function withGenerator(
  options: Partial<models.StyleGeneratorOptions>,
  body: (generator: models.StyleGenerator) => void,
): void {
  manualSeed(2);
  const generator = models.styleGenerator({ ...sizes, latentSize: 6, mappingDepth: 2, ...options });
  generator.to({ device });
  try {
    noGrad(() => scope(() => body(generator)));
  } finally {
    generator.dispose();
  }
}

/** Makes noise be seen: its strengths start as 0. */
function strengthen(generator: models.StyleGenerator): void {
  for (const { noiseStrength } of generator.synthesis.layers) noiseStrength.fill_(1);
}

const latents = (count = 4) => randn([count, 6], { device });
const square = (height: number, width = height) => models.styleAccepts({ height, width });

describe('styleGenerator and styleDiscriminator', () => {
  test('refuse sizes that are none, and shares that are none', () => {
    const make = (options: object) => () =>
      models.styleGenerator({ ...sizes, latentSize: 6, mappingDepth: 2, ...options });
    expect(make({ width: 0 })).toThrow(
      usage('StyleGAN2 networks expects width to be a positive integer but received 0 (number)'),
    );
    expect(make({ mappingDepth: 0 })).toThrow(usage('styleMapping expects depth to be a positive integer'));
    expect(make({ mixing: 1.5 })).toThrow(
      usage('StyleGAN2 generator expects mixing to be a number between 0 and 1'),
    );
    expect(() => models.styleDiscriminator({ ...sizes, maxWidth: 0.5 })).toThrow(
      usage('StyleGAN2 networks expects maxWidth to be a positive integer'),
    );
  });

  test('are for squares of a power of two from 32 to 512', () => {
    expect([16, 32, 48, 64, 128, 256, 512, 1024].filter((side) => square(side))).toEqual([
      32, 64, 128, 256, 512,
    ]);
    expect(square(32, 64)).toBe(false);
  });

  test('a discriminator of classes refuses images without labels', () => {
    const discriminator = models.styleDiscriminator({ ...sizes, classes: 3 });
    scope(() =>
      expect(() => discriminator.forward(randn([2, 3, 32, 32]))).toThrow(
        usage('expected labels beside the images'),
      ),
    );
    discriminator.dispose();
  });

  const atRest = (options: models.StyleGeneratorOptions) => models.styleGenerator(options).eval();
  testModels('models/stylegan2', { ...models, styleGenerator: atRest });
});

describe('a generator at rest', () => {
  test('makes the same image of the same latents: its noise maps are buffers', () =>
    withGenerator({}, (generator) => {
      strengthen(generator);
      generator.eval();
      const z = latents();
      const first = generator.forward(z);
      expect(first.shape).toEqual([4, 3, 32, 32]);
      expect(generator.forward(z).equal(first)).toBe(true);
      expect(generator.namedBuffers().filter(([name]) => name.endsWith('.noise'))).toHaveLength(7);
    }));

  test('is its mapping, then its synthesis of one w in all layers, and takes noise maps of others', () =>
    withGenerator({}, (generator) => {
      strengthen(generator);
      generator.eval();
      const z = latents();
      const styles = generator.map(z).unsqueeze(1).expand([4, LAYERS, 6]);
      const made = generator.forward(z);
      expect(generator.styleLayers).toBe(LAYERS);
      expectClose(generator.synthesise(styles), made);
      const noise = generator.synthesis.layers.map((layer) => layer.noise);
      expectClose(generator.synthesise(styles, { noise }), made);
      const other = noise.map((map) => map.neg());
      expect(generator.synthesise(styles, { noise: other }).sub(made).abs().max().item()).toBeGreaterThan(
        0.01,
      );
    }));

  test('its style weights turn a change of a layer’s w into the change of what that w scales', () =>
    withGenerator({}, (generator) => {
      const weights = generator.styleWeights();
      const { layers, toRgb } = generator.synthesis;
      expect(weights.map(({ shape }) => shape)).toEqual(
        layers
          .map(({ affine }, i) => [
            affine.outFeatures + (i % 2 === 1 ? toRgb[(i - 1) / 2].affine.outFeatures : 0),
            6,
          ])
          .concat([[toRgb[3].affine.outFeatures, 6]]),
      );
      const [w, step] = [latents(1), latents(1)];
      const scales = (at: Tensor) => layers[2].affine.forward(at);
      expectClose(scales(w.add(step)).sub(scales(w)), step.mm(weights[2].t()), { relative: 1e-4 });
    }));
});

describe('a generator in training', () => {
  test('draws new noise for each image, which begins with a strength of 0', () =>
    withGenerator({ mixing: 0 }, (generator) => {
      const z = latents(1).expand([2, 6]);
      const [before, same] = generator.forward(z).unbind(0);
      expectClose(before, same);
      strengthen(generator);
      const [one, other] = generator.forward(z).unbind(0);
      expect(one.sub(other).abs().max().item()).toBeGreaterThan(0.01);
    }));

  test('mixes styles: a share of images has the w of another z from a layer on', () =>
    withGenerator({ mixing: 0.5 }, (generator) => {
      const z = latents(400);
      const own = generator.map(z).unsqueeze(1);
      const kept = generator.drawStyles(z).sub(own).abs().amax(2).lt(1e-4).float();
      // The first layer always has its own, and what has changed does not change back.
      expect(kept.select(1, 0).mean().item()).toBe(1);
      expect(
        kept
          .narrow(1, { start: 1, length: LAYERS - 1 })
          .gt(kept.narrow(1, { start: 0, length: LAYERS - 1 }))
          .any()
          .item(),
      ).toBeFalsy();
      const unmixed = kept
        .select(1, LAYERS - 1)
        .mean()
        .item();
      expect(Math.abs(unmixed - 0.5)).toBeLessThan(0.1);
      // Every border is as likely as the others: half of the images keep w in half of the later layers.
      const middle = kept
        .select(1, LAYERS / 2)
        .mean()
        .item();
      expect(Math.abs(middle - (0.5 + (0.5 * 3) / 7))).toBeLessThan(0.1);
    }));

  test('other latents that are mixed in are of the same class', () =>
    withGenerator({ mixing: 1, classes: 2 }, (generator) => {
      const z = tensor([[0, 0, 0, 0, 0, 0, 1, 0]], { dtype: 'float32', device });
      const spy = jest.spyOn(generator, 'map');
      generator.drawStyles(z);
      const given = spy.mock.calls[0][0];
      expect(given.narrow(1, { start: 6, length: 2 }).toArray()).toEqual([
        [1, 0],
        [1, 0],
      ]);
      spy.mockRestore();
    }));

  test('its mean w goes 0.5 % of the way to each batch’s, and stays where the network is frozen or at rest', () =>
    withGenerator({}, (generator) => {
      const z = latents();
      for (const still of [generator.clone().freeze(), generator.clone().eval()]) {
        still.forward(z);
        expect(still.meanStyle.abs().max().item()).toBe(0);
        still.dispose();
      }
      generator.forward(z);
      expectClose(generator.meanStyle, generator.map(z).mean(0).mul(0.005), { relative: 1e-4 });
    }));
});

describe('layers of synthesis', () => {
  test('start with a style bias of 1, a noise strength of 0, and weights of deviation 1 that are scaled at run time', () =>
    withGenerator({ width: 16, maxWidth: 64 }, (generator) => {
      for (const { affine, noiseStrength, conv } of generator.synthesis.layers) {
        expect(affine.bias?.equal(affine.bias.mul(0).add(1))).toBe(true);
        expect(noiseStrength.item()).toBe(0);
        expect(conv.weight.std().item()).toBeCloseTo(1, 1);
      }
      // A hundredth of the learning rate: weights a hundred times as large.
      const [{ dense }] = generator.mapping.body.layers as models.RectifiedLinear[];
      expect(dense.weight.std().item() / 100).toBeGreaterThan(0.7);
    }));

  test('keep the mean square of their maps near 1: LeakyReLU has a gain of √2', () =>
    withGenerator({ width: 16, maxWidth: 64, latentSize: 64 }, (generator) => {
      const w = randn([8, 64], { device });
      const [, , layer] = generator.synthesis.layers;
      const maps = layer.forward(randn([8, layer.conv.inChannels, 8, 8], { device }), w);
      // E[LeakyReLU(x)²] · 2 = 1.04 for normal x; the border, where the kernel sees zeros, takes some of it.
      expect(maps.square().mean().item()).toBeGreaterThan(0.8);
      expect(maps.square().mean().item()).toBeLessThan(1.2);
    }));

  test('what makes colours is modulated, but not demodulated: twice the scales give twice the colours', () =>
    withGenerator({}, (generator) => {
      const [{ conv }] = generator.synthesis.toRgb;
      const [maps, scales] = [
        randn([2, conv.inChannels, 4, 4], { device }),
        randn([2, conv.inChannels], { device }),
      ];
      expectClose(conv.forward(maps, scales.mul(2)), conv.forward(maps, scales).mul(2), { relative: 1e-4 });
      const [{ conv: layer }] = generator.synthesis.layers;
      const [x, s] = [
        randn([2, layer.inChannels, 4, 4], { device }),
        randn([2, layer.inChannels], { device }),
      ];
      expectClose(layer.forward(x, s.mul(2)), layer.forward(x, s), { relative: 1e-4 });
    }));
});
