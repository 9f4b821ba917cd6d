import type { ImageSpec } from '../data/dataset';
import { UsageError } from '../errors';
import { l1 } from '../losses/reconstruction';
import { total, weighted } from '../losses/total';
import { patchDiscriminator } from '../models/patch-discriminator';
import { replayPool } from '../models/replay-pool';
import { residualTranslator, residualTranslatorAccepts } from '../models/residual-translator';
import type { Module } from '../nn/module';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { imageSampler } from '../training/image-sampler';
import { scoreOf } from './adversarial';
import { integer, number } from './config';
import { emaField } from './gan-fields';
import type { Recipe } from './recipe';
import { decayingAdam, patchLoss, patchSize, translationFields } from './translation';

const fields = {
  width: integer(32, { min: 1, help: 'channels of the first feature maps (64 in the paper)' }),
  blocks: integer(6, { min: 1, help: 'residual blocks of each translator (9 from 256 pixels on)' }),
  lambda: number(10, {
    resumable: true,
    min: 0,
    help: 'weight of the cycle: |A − BA(AB(A))| and the other way round',
  }),
  identity: number(0.5, {
    resumable: true,
    min: 0,
    help: 'weight of |B − AB(B)| relative to lambda, 0 for none',
  }),
  geometry: number(0, {
    resumable: true,
    min: 0,
    help: 'weight of |t(AB(A)) − AB(t(A))| and the other way round, t a turn by 90°, 0 for none',
  }),
  pool: integer(50, { min: 0, help: 'earlier fakes that D is shown now and then, 0 for none' }),
  ...translationFields('least-squares'),
  emaImages: emaField(0),
};

/**
 * Zhu et al. 2017, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks": two translators, each judged by patches,
 * whose way there and back must lead to the image one began with. The discriminators see fakes through a pool of earlier ones. They are
 * trained before the translators, so that both phases share one making of the fakes.
 *
 * With `geometry` as in Fu et al. 2019, "Geometry-Consistent Generative Adversarial Networks for One-Sided Unsupervised Domain Mapping": an image that is
 * turned is to become what it becomes, turned. It keeps translators from swapping content that both domains have, which the way there and back does not see.
 */
export const cyclegan: Recipe<typeof fields> = {
  name: 'cyclegan',
  summary: 'images of one domain as those of another, without pairs (Zhu et al. 2017)',
  fields,
  data: 'unpaired',
  resolutions: {
    description: 'any size of at least 8 whose sides 4 divides, with patch=70 of at least 24',
    accepts: residualTranslatorAccepts,
  },
  presets: {
    paper: {
      from: 'Zhu et al. 2017',
      otherwise: 'half the channels, and 6 blocks at every size, so that a processor makes steps at all',
      beside: 'its images come by --resolution 256 --load-size 286 --augment-flip',
      set: ({ height, width }) => ({
        width: 64,
        blocks: Math.min(height, width) >= 256 ? 9 : 6,
        lambda: 10,
        identity: 0.5,
        geometry: 0,
        pool: 50,
        loss: 'least-squares',
        lr: 2e-4,
        beta1: 0.5,
      }),
    },
  },
  training: { resolution: 64, batch: 1, steps: 10_000 },
  build(config, { a, b }, training = cyclegan.training) {
    const { width, blocks, lambda, geometry, emaImages } = config;
    const identity = identityWeight(config, a, b);
    const receptiveField = patchSize(config.patch, a);
    const ab = residualTranslator({ from: a, to: b, width, blocks });
    const ba = residualTranslator({ from: b, to: a, width, blocks });
    const judgeA = patchDiscriminator({ images: a, width, receptiveField });
    const judgeB = patchDiscriminator({ images: b, width, receptiveField });
    const poolA = replayPool({ images: a, size: config.pool });
    const poolB = replayPool({ images: b, size: config.pool });
    const adversarial = patchLoss(config.loss);
    return {
      networks: { ab, ba, judgeA, judgeB, poolA, poolB },
      makes: {
        fakeB: { by: 'ab', from: ({ batch }) => batch.a },
        fakeA: { by: 'ba', from: ({ batch }) => batch.b },
      },
      phases: [
        {
          name: 'D',
          trains: ['judgeA', 'judgeB'],
          optimizer: decayingAdam(config, training),
          loss: ({ batch, made: { fakeA, fakeB }, log }) => {
            const ofA = adversarial.discriminator(...inOneBatch(judgeA, batch.a, poolA.forward(fakeA)));
            const ofB = adversarial.discriminator(...inOneBatch(judgeB, batch.b, poolB.forward(fakeB)));
            log('D(a)', ofA);
            log('D(b)', ofB);
            return total(ofA, ofB);
          },
        },
        {
          name: 'G',
          trains: ['ab', 'ba'],
          optimizer: decayingAdam(config, training),
          loss: ({ batch, made: { fakeA, fakeB }, log }) => {
            const weight = lambda * identity;
            const again = (translator: Module, fake: Tensor, own: Tensor) =>
              weight === 0 ? [translator.forward(fake)] : inOneBatch(translator, fake, own);
            const [cycleA, sameA] = again(ba, fakeB, batch.a);
            const [cycleB, sameB] = again(ab, fakeA, batch.b);
            const cycle = l1(cycleA, batch.a).add(l1(cycleB, batch.b));
            log('cycle', cycle);
            const ofA = adversarial.generator(judgeA.forward(fakeA), () => judgeA.forward(batch.a));
            const ofB = adversarial.generator(judgeB.forward(fakeB), () => judgeB.forward(batch.b));
            log('G(a)', ofA);
            log('G(b)', ofB);
            return total(
              ofA,
              ofB,
              weighted(geometry, () => {
                const bent = bending(ab, batch.a, fakeB).add(bending(ba, batch.b, fakeA));
                log('geometry', bent);
                return bent;
              }),
              weighted(lambda, cycle),
              weighted(weight, () => l1(sameA, batch.a).add(l1(sameB, batch.b))),
            );
          },
        },
      ],
      games: [
        {
          name: 'a',
          generator: 'ba',
          discriminator: 'judgeA',
          ...scoreOf(adversarial, { discriminator: 'D(a)', generator: 'G(a)' }),
        },
        {
          name: 'b',
          generator: 'ab',
          discriminator: 'judgeB',
          ...scoreOf(adversarial, { discriminator: 'D(b)', generator: 'G(b)' }),
        },
      ],
      ema: emaImages > 0 ? { ab: { halfLifeImages: emaImages }, ba: { halfLifeImages: emaImages } } : {},
      sampler: imageSampler({
        directions: { ab: { by: 'ab', from: 'a', to: 'b' }, ba: { by: 'ba', from: 'b', to: 'a' } },
        reach: ab,
      }),
    };
  },
};

/**
 * What a network makes of two batches of equal size as one, in which each weight is read once. No layer here looks across a batch, so that it
 * is the same as one after the other.
 */
function inOneBatch(network: Module, first: Tensor, second: Tensor): [Tensor, Tensor] {
  const [ofFirst, ofSecond] = network.forward(cat([first, second])).split(first.shape[0]);
  return [ofFirst, ofSecond];
}

/** Mean |t(G(x)) − G(t(x))| of a translator, an image and what it becomes, with t a turn by 90° against the clock. */
function bending(translator: Module, image: Tensor, made: Tensor): Tensor {
  return l1(translator.forward(turned(image)), turned(made));
}

/** Images [N, C, H, W] as [N, C, W, H]. */
function turned(images: Tensor): Tensor {
  return images.transpose(2, 3).flip([2]);
}

/** @throws UsageError where a translator cannot take what it makes */
function identityWeight({ identity }: { readonly identity: number }, a: ImageSpec, b: ImageSpec): number {
  if (identity === 0 || a.channels === b.channels) return identity;
  throw new UsageError(
    `identity expects domains of as many channels but they have ${a.channels} and ${b.channels}: try --set identity=0, or --channels 3`,
  );
}
