import { ImageDataset } from '../../../src/data/dataset';
import { Prng } from '../../../src/data/prng';
import { CLASSIFIER_RECIPE, type ClassifierRecipe } from '../../../src/metrics/features/classifier-recipe';

/** A recipe that takes a second, for sets of a hundred images. */
export const QUICK: ClassifierRecipe = {
  ...CLASSIFIER_RECIPE,
  width: 16,
  dimensions: 8,
  batch: 32,
  leastImages: 640,
  mostImages: 640,
};

/** Images that are easy to tell apart: class 0 has upright bars, class 1 lying ones, class 2 a chess board; with noise. */
export function patterns({
  name = 'patterns',
  count = 120,
  resolution = 32,
  channels = 1,
  labelled = true,
}: {
  name?: string;
  count?: number;
  resolution?: number;
  channels?: number;
  labelled?: boolean;
} = {}): ImageDataset {
  const random = new Prng(5);
  const side = resolution / 8;
  const pixels = new Uint8Array(count * channels * resolution * resolution);
  const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
  let at = 0;
  for (let i = 0; i < count; i++)
    for (let c = 0; c < channels; c++)
      for (let y = 0; y < resolution; y++)
        for (let x = 0; x < resolution; x++) {
          const [column, row] = [Math.floor(x / side) % 2, Math.floor(y / side) % 2];
          const lit = [column, row, column ^ row][labels[i]];
          pixels[at++] = 40 + 120 * lit + random.below(60);
        }
  return new ImageDataset({
    name,
    channels,
    height: resolution,
    width: resolution,
    pixels,
    labels: labelled ? labels : null,
  });
}
