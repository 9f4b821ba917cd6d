import * as models from '../../src/models';
import { randn } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { cat } from '../../src/tensor/shapes';
import { expectClose } from '../support/close';
import { testModels } from '../support/model-cases';

describe('encoders and decoders of VAEs', () => {
  test.each([7, 16, 28, 32])('encode and decode images of %p pixels', (resolution) => {
    const options = {
      images: { channels: 3, height: resolution, width: resolution },
      latentSize: 5,
      hidden: 6,
      width: 2,
    };
    const pairs = [
      [models.mlpVaeEncoder(options), models.mlpVaeDecoder(options)],
      [models.convVaeEncoder(options), models.convVaeDecoder(options)],
    ] as const;
    for (const [encoder, decoder] of pairs) {
      scope(() => {
        const input = randn([2, 3, resolution, resolution]);
        const { mean, logVariance } = encoder.encode(input);
        expect([mean.shape, logVariance.shape]).toEqual([
          [2, 5],
          [2, 5],
        ]);
        expect(encoder.forward(input).equal(cat([mean, logVariance], 1))).toBe(true);
        expect(decoder.forward(mean).shape).toEqual(input.shape);
      });
      encoder.dispose();
      decoder.dispose();
    }
  });

  test('images are in [−1, 1], from logits of pixels in [0, 1] and from means', () => {
    const images = { channels: 1, height: 8, width: 8 };
    const bernoulli = models.mlpVaeDecoder({ images });
    const gaussian = models.mlpVaeDecoder({ images, output: 'mean' });
    scope(() => {
      const latents = randn([3, 20]).mul(50);
      const logits = bernoulli.decode(latents);
      expect(logits.abs().max().item()).toBeGreaterThan(1);
      expectClose(bernoulli.forward(latents).add(1).div(2), logits.sigmoid());
      expect(gaussian.decode(latents).equal(gaussian.forward(latents))).toBe(true);
      expect(gaussian.forward(latents).abs().max().item()).toBeLessThanOrEqual(1);
    });
    for (const network of [bernoulli, gaussian]) network.dispose();
  });

  testModels('models/vae', models);
});
