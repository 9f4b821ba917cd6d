import { pasteParts } from '../data/pasted';
import { focal } from '../losses/focal';
import { l1 } from '../losses/reconstruction';
import { total, weighted } from '../losses/total';
import { defectFinder } from '../models/defect-finder';
import { adam } from '../optim/adam';
import { cosine } from '../optim/schedule';
import { rand } from '../tensor/create';
import { avgPool2d } from '../tensor/functional';
import type { Tensor } from '../tensor/tensor';
import { imageSampler } from '../training/image-sampler';
import { integer, number } from './config';
import { oneClassFields, prepareOneClass, scorerOf } from './one-class';
import type { Recipe } from './recipe';

const fields = {
  width: integer(16, { min: 1, help: 'channels at half the images’ resolution' }),
  gamma: number(2, { min: 0, help: 'γ of the focal loss, 0 for the cross-entropy' }),
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

/** The side of the square that an image is judged by, in parts of its shorter side: 5 pixels of 64. */
const SQUARE = 1 / 12;

/**
 * Finds defects that it never saw, by having learned to find pieces of normal images in others, as Li et al. 2021, "CutPaste", see {@link pasteParts};
 * pixel by pixel and with a restoration beside it, as Zavrtanik et al. 2021, "DRAEM". The focal loss of the mask and restoration · |x − x̂|, where x̂
 * is the image without its pieces, train one network. The largest mean of the probability over a small square is how unusual an image is.
 *
 * For textures and surfaces, whose defects are local. A thing that is as a whole another one has no place that does not belong.
 */
export const cutPaste: Recipe<typeof fields> = {
  name: 'cut-paste',
  summary:
    'what does not belong in an image, learned from what is pasted into normal ones (after Li et al. 2021)',
  fields,
  prepare: prepareOneClass,
  resolutions: {
    description: 'sizes of at least 16 that 8 divides',
    accepts: ({ height, width }) => Math.min(height, width) >= 16 && height % 8 === 0 && width % 8 === 0,
  },
  training: { resolution: 64, batch: 16, steps: 1_500 },
  build(config, { images }, training = cutPaste.training) {
    const { width, gamma, lighting, restoration, lr } = config;
    const finder = defectFinder({ images, width });
    const kernelSize = 2 * Math.floor((Math.min(images.height, images.width) * SQUARE) / 2) + 1;
    return {
      networks: { finder },
      phases: [
        {
          name: 'F',
          trains: 'finder',
          optimizer: adam({ lr, schedule: cosine({ steps: Math.max(1, training.steps) }) }),
          loss: ({ batch, log }) => {
            const real = lighting > 0 ? otherwiseLit(batch.images, lighting) : batch.images;
            const pasted = pasteParts(real);
            const { logits, restored } = finder.find(pasted.images);
            const found = focal(logits, pasted.mask, { gamma });
            const away = l1(restored, real);
            log('focal', found);
            log('L1', away);
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
      scorer: scorerOf(config, {
        name: `largest mean of p over ${kernelSize}×${kernelSize} pixels`,
        networks: ['finder'],
        score: (seen) => {
          const maps = finder.find(seen).logits.sigmoid();
          return {
            scores: avgPool2d(maps, { kernelSize, stride: 1 }).flatten({ startDim: 1 }).amax(1),
            maps,
          };
        },
      }),
    };
  },
};
