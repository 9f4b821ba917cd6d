import { pasteParts, turnedAtRandom } from '../data/pasted';
import { focal } from '../losses/focal';
import { l1 } from '../losses/reconstruction';
import { total, weighted } from '../losses/total';
import { type DefectFinder, defectFinder } from '../models/defect-finder';
import { RunningNormal } from '../models/running-normal';
import { adam } from '../optim/adam';
import { cosine } from '../optim/schedule';
import { noGrad } from '../tensor/autograd';
import { rand } from '../tensor/create';
import { avgPool2d, interpolate, pad, pixelUnshuffle } from '../tensor/functional';
import { scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { imageSampler } from '../training/image-sampler';
import { atRest } from './at-rest';
import { choice, integer, number } from './config';
import { oneClassFields, prepareOneClass, scorerOf } from './one-class';
import type { Recipe } from './recipe';

const fields = {
  score: choice('probability', ['probability', 'distance'], {
    help: 'how unusual a place is: the probability that it was pasted, or the distance of its pixels and features from those of normal images',
  }),
  width: integer(16, { min: 1, help: 'channels at half the images’ resolution' }),
  gamma: number(2, { min: 0, help: 'γ of the focal loss, 0 for the cross-entropy' }),
  turns: choice('none', ['none', 'any'], {
    help: 'any: images to learn are mirrored, upside down and on their side at random, for what has no upper side',
  }),
  lighting: number(0, {
    min: 0,
    max: 0.9,
    help: 'by how much brightness and contrast of the images to learn vary, 0 for not at all; of a range from −1 to 1',
  }),
  restoration: number(1, {
    resumable: true,
    min: 0,
    help: 'weight of |x − x̂| of images without what was pasted',
  }),
  lr: number(2e-3, {
    resumable: true,
    min: 0,
    help: 'learning rate, falling to 0 along half a cosine',
  }),
  ...oneClassFields(0.1),
};

/** Images in another light: contrast by a factor of 1 ± most around the mean, brightness by ± most, drawn for each image. */
function otherwiseLit(images: Tensor, most: number): Tensor {
  const [count] = images.shape;
  const [contrast, brightness] = rand([count, 2, 1, 1, 1], { device: images.device })
    .mul(2 * most)
    .sub(most)
    .unbind(1);
  const mean = images.mean([1, 2, 3], { keepdim: true });
  return images.sub(mean).mul(contrast.add(1)).add(mean).add(brightness).clamp({ min: -1, max: 1 });
}

/** Pixels a side of the patch around a place, and where places begin: a patch of the first ones would not lie in the image. */
const [PATCH, FIRST] = [8, 2];

/**
 * What there is at each place of half the images’ size, FIRST and more away from their border: the 8 × 8 pixels around it, and the finder’s features,
 * which are between those of a quarter of the size: [N, h, w, d].
 */
function vectorsOf(finder: DefectFinder, images: Tensor): Tensor {
  const inside = (map: Tensor) => {
    const [, , height, width] = map.shape;
    return map
      .narrow(2, { start: FIRST, length: height - 2 * FIRST })
      .narrow(3, { start: FIRST, length: width - 2 * FIRST });
  };
  const features = finder.features(images).float();
  const map = inside(interpolate(features, { scaleFactor: 2, mode: 'bilinear' }));
  const [, , height, width] = map.shape;
  const [rows, columns] = [height, width].map((length) => 2 * length + PATCH - 2);
  // The patch around two pixels has three more on each side of them.
  const from = 2 * FIRST - (PATCH - 2) / 2;
  const pixels = images.narrow(2, { start: from, length: rows }).narrow(3, { start: from, length: columns });
  const pairs = pixelUnshuffle(pixels, 2);
  const steps = Array.from({ length: PATCH / 2 }, (_, step) => step);
  const patches = steps.flatMap((down) =>
    steps.map((right) =>
      pairs.narrow(2, { start: down, length: height }).narrow(3, { start: right, length: width }),
    ),
  );
  return cat([...patches, map], 1).permute([0, 2, 3, 1]);
}

/** Of a batch, at most: places are many. */
const LEARNED = 4;

/** The map of a place whose distance is the usual one. */
const USUAL = 1 / 3;

/** The side of the square that probabilities are taken over, in parts of the image’s shorter one: 5 pixels of 64. */
const SQUARE = 1 / 12;

/**
 * Finds defects that it never saw, by having learned to find pieces of normal images in others (Li et al. 2021, "CutPaste"; see {@link pasteParts}):
 * the focal loss of the mask, pixel by pixel, and restoration · |x − x̂|, where x̂ is the image without its pieces (Zavrtanik et al. 2021, "DRAEM"), train
 * one network. The largest mean of p over a small square, p the probability that a pixel was pasted, is how unusual an image is. Beside it stands the
 * normal distribution of what normal images have at a place, pixels and features, the same for all places (Defard et al. 2020, "PaDiM", has one for each):
 * with `score: 'distance'` it is the largest Mahalanobis distance, as in Li et al., which tells more of the texture itself where it lies the wrong way.
 *
 * For textures and surfaces, whose defects are local. A thing that is as a whole another one has no place that does not belong.
 */
export const cutPaste: Recipe<typeof fields> = {
  name: 'cut-paste',
  summary: 'what does not belong in an image, learned from what is pasted into normal ones (Li et al. 2021)',
  fields,
  prepare: prepareOneClass,
  resolutions: {
    description: 'sizes of at least 16 that 8 divides',
    accepts: ({ height, width }) => Math.min(height, width) >= 16 && height % 8 === 0 && width % 8 === 0,
  },
  training: { resolution: 64, batch: 16, steps: 4_000 },
  build(config, { images }, training = cutPaste.training) {
    const { width, gamma, turns, lighting, restoration, lr } = config;
    const finder = defectFinder({ images, width });
    const normal = new RunningNormal(PATCH ** 2 * images.channels + 2 * width);
    return {
      networks: { finder, normal },
      phases: [
        {
          name: 'F',
          trains: 'finder',
          optimizer: adam({ lr, schedule: cosine({ steps: Math.max(1, training.steps) }) }),
          loss: ({ batch, log }) => {
            const laid = turns === 'any' ? turnedAtRandom(batch.images) : batch.images;
            const real = lighting > 0 ? otherwiseLit(laid, lighting) : laid;
            const pasted = pasteParts(real);
            const { logits, restored } = finder.find(pasted.images);
            const found = focal(logits, pasted.mask, { gamma });
            const away = l1(restored, real);
            log('focal', found);
            log('L1', away);
            learn(normal, finder, batch.images);
            return total(found, weighted(restoration, away));
          },
        },
      ],
      sampler: imageSampler({
        directions: { restoration: { by: 'finder', from: 'images', to: 'images' } },
        reach: finder,
        paired: true,
      }),
      autoencoder: { networks: [], reconstruct: (seen) => finder.forward(seen) },
      scorer: scorerOf(
        config,
        images,
        config.score === 'probability' ? byProbability(finder) : byDistance(finder, normal),
      ),
    };
  },
};

function learn(normal: RunningNormal, finder: DefectFinder, images: Tensor): void {
  const length = Math.min(LEARNED, images.shape[0]);
  noGrad(() =>
    scope(() => {
      const vectors = atRest([finder], () => vectorsOf(finder, images.narrow(0, { start: 0, length })));
      normal.update(vectors.flatten({ startDim: 0, endDim: 2 }));
    }),
  );
}

type Judge = Parameters<typeof scorerOf>[2];

/** Places along the border are as those beside them. */
function byDistance(finder: DefectFinder, normal: RunningNormal): Judge {
  return {
    name: `largest Mahalanobis distance of ${PATCH}×${PATCH} pixels and features`,
    networks: ['finder', 'normal'],
    batch: 50,
    score: (seen) => {
      const vectors = vectorsOf(finder, seen);
      const [count, height, width] = vectors.shape;
      const distances = normal.distances(vectors.flatten({ startDim: 0, endDim: 2 }));
      const places = distances.reshape([count, 1, height, width]).sqrt();
      const border = Array.from({ length: 4 }, () => FIRST);
      const whole = pad(places.mul(USUAL), border, { mode: 'replicate' });
      return {
        scores: places.flatten({ startDim: 1 }).amax(1),
        maps: interpolate(whole, { scaleFactor: 2, mode: 'bilinear' }),
      };
    },
  };
}

function byProbability(finder: DefectFinder): Judge {
  const { height, width } = finder.images.from;
  const kernelSize = 2 * Math.floor((Math.min(height, width) * SQUARE) / 2) + 1;
  return {
    name: `largest mean of p over ${kernelSize}×${kernelSize} pixels`,
    networks: ['finder'],
    batch: 50,
    score: (seen) => {
      const maps = finder.find(seen).logits.sigmoid();
      return { scores: avgPool2d(maps, { kernelSize, stride: 1 }).flatten({ startDim: 1 }).amax(1), maps };
    },
  };
}
