import { pix2pix } from '../../src/recipes/pix2pix';
import { scope } from '../../src/tensor/scope';
import { type TranslatedOptions, translatedImages } from '../../src/training/translated-images';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { buildModel, tinyDataset } from '../support/training';

const SPEC = { channels: 1, height: 16, width: 16 };

async function withImages<T>(
  options: Partial<TranslatedOptions>,
  body: (images: Awaited<ReturnType<typeof translatedImages>>) => Promise<T>,
): Promise<T> {
  const { networks, sampler } = buildModel(pix2pix, { set: { width: '4', patch: '16' } });
  if (sampler?.takes !== 'images') throw new Error('expected a model that takes images');
  for (const network of Object.values(networks)) network.to({ device: testDevice });
  try {
    const inputs = tinyDataset({ count: 6 });
    const common = { networks, sampler, inputs, spec: SPEC, device: testDevice, weights: 'live' } as const;
    const images = await translatedImages({ ...common, ...options });
    try {
      return await body(images);
    } finally {
      images.dispose();
    }
  } finally {
    for (const network of Object.values(networks)) network.dispose();
  }
}

test('a direction that the model lacks, and more images than there are, are refused', async () => {
  const nothing = async () => {};
  await expect(withImages({ direction: 'ba' }, nothing)).rejects.toEqual(usage('no direction ba: it has ab'));
  await expect(withImages({ count: 7 }, nothing)).rejects.toEqual(
    usage('expected 7 images to take in but tiny has 6'),
  );
});

test('a model that makes images of another size is refused', async () => {
  await withImages({ spec: { ...SPEC, channels: 3 } }, async (images) => {
    const make = await images.fetch(0, 2);
    expect(() => scope(make)).toThrow(usage('images of [2, 3, 16, 16] but they are of [2, 1, 16, 16]'));
  });
});

test('an image is made the same in whatever piece it comes, with dropout on', async () => {
  await withImages({ seed: 3 }, async (images) => {
    const take = async (start: number, end: number) => {
      const make = await images.fetch(start, end);
      return scope(() => Array.from(make().toTypedArray(), Number));
    };
    const whole = await take(0, 6);
    expect([...(await take(0, 1)), ...(await take(1, 3)), ...(await take(3, 6))]).toEqual(whole);
  });
});

test('they say what they were made of and how, and whose labels they have', async () => {
  await withImages({}, async ({ protocol, count, classes }) => {
    expect(protocol).toEqual({
      weights: 'live',
      batchNorm: 'the image’s own statistics, dropout on',
      precision: 'fp32',
      made: 'b of a',
      inputs: 'tiny',
      inputsSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(count).toBe(6);
    expect(classes).toMatchObject({ count: 3, kind: 'labels' });
  });
});
