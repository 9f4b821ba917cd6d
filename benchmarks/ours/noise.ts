import { data } from '../../src';
import type { ImageShape } from '../../src/data/dataset';
import type { NetworkSizes } from '../task';
import { specsOf } from './model';

/** Images of a training's data set: the same number in every participant. */
const IMAGES = 512;

/** Images of evenly spread bytes. */
export function noise(
  { channels, height, width }: ImageShape,
  { count = IMAGES, name = 'noise' } = {},
): data.ImageDataset {
  const pixels = new Uint8Array(count * channels * height * width);
  const { imul } = Math;
  for (let i = 0; i < pixels.length; i++) pixels[i] = imul(i, 2654435761) >>> 24;
  return new data.ImageDataset({ name, channels, height, width, pixels });
}

/** A loader of noise for a model: of images, of pairs, or of two domains in different orders. */
export function noiseLoader(sizes: NetworkSizes, batch: number): data.Loader {
  const { images, a, b } = specsOf(sizes);
  if (images) return noise(images).loader({ batch, seed: 1 });
  const seeds = sizes.model === 'pix2pix' ? [1, 1] : [1, 2];
  return zip({
    a: noise(a, { name: 'a' }).loader({ batch, seed: seeds[0] }),
    b: noise(b, { name: 'b' }).loader({ batch, seed: seeds[1] }),
  });
}

/** The images of two loaders in one batch. */
function zip({ a, b }: Readonly<Record<'a' | 'b', data.Loader>>): data.Loader {
  const fetchFrom = async (loader: data.Loader) => (loader.fetch ? loader.fetch() : null);
  return {
    name: 'noise',
    specs: { a: a.specs.images, b: b.specs.images },
    batch: a.batch,
    batchesPerEpoch: a.batchesPerEpoch,
    get epoch() {
      return a.epoch;
    },
    next: async () => ({ a: (await a.next()).images, b: (await b.next()).images }),
    fetch: async () => {
      const makes = [await fetchFrom(a), await fetchFrom(b)];
      return () => {
        const [batchA, batchB] = makes.map((make) => make?.() ?? {});
        return { a: batchA.images, b: batchB.images };
      };
    },
    state: () => ({ a: a.state(), b: b.state() }),
    start: () => ({ a: a.start(), b: b.start() }),
    setState: () => undefined,
    to: (device) => {
      for (const loader of [a, b]) loader.to(device);
    },
    dispose: () => {
      for (const loader of [a, b]) loader.dispose();
    },
  };
}
