import { r1 } from '../losses/gradient-penalty';
import { weighted } from '../losses/total';
import { adversarialLoss, adversarialPhases, type LOSSES, lossFields } from './adversarial';
import { augment, augmentation } from './augmentation';
import { averaging, historical } from './averaging';
import { boolean, choice, number } from './config';
import { convolutionalImages, convolutionalNetworks, networkFields } from './convolutional';
import { emaField, emaOf } from './ema';
import { allow, refuse } from './hazards';
import { adamFields, adamPair } from './rates';
import type { Recipe } from './recipe';

const fieldsOf = (loss: (typeof LOSSES)[number]) => ({
  ...networkFields,
  ...lossFields(loss),
  norm: choice('batch', ['batch', 'layer', 'none'], { help: 'normalises in dcgan’s D' }),
  spectralNorm: boolean(true, { help: 'in resnet’s D' }),
  r1: number(0, { min: 0, help: 'weight γ of the penalty on D’s gradient at real images; wants norm=none' }),
  ...adamFields(),
  augment,
  historical,
  emaImages: emaField(5_000),
  allow,
});

/** A GAN known by its loss, over either pair of convolutional networks. */
function lossRecipe({
  loss,
  ...names
}: {
  readonly name: string;
  readonly summary: string;
  readonly loss: (typeof LOSSES)[number];
}): Recipe<ReturnType<typeof fieldsOf>> {
  return {
    ...names,
    fields: fieldsOf(loss),
    resolutions: convolutionalImages,
    training: { resolution: 32, batch: 64, steps: 2_000 },
    build(config, images) {
      const { beta1 } = config;
      const { networks, latent, oneBatch } = convolutionalNetworks(config, images, config);
      refuse(
        {
          networks,
          loss: config.loss,
          constraints: config.r1 > 0 ? ['r1'] : [],
          oneBatch,
          momentum: beta1,
          labelSmoothing: config.labelSmoothing,
        },
        config,
      );
      const seen = augmentation(config, config.loss);
      const kept = averaging(config, networks);
      return {
        networks: { ...networks, ...seen.networks, ...kept.networks },
        latent,
        phases: adversarialPhases(adversarialLoss(config.loss, config), {
          ...adamPair(config),
          oneBatch,
          ...seen,
          anchor: kept.anchor,
          penalty: ({ real }, critic) => weighted(config.r1, () => r1(critic, real)),
        }),
        ema: emaOf(config),
      };
    },
  };
}

/** Mao et al. 2017, "Least Squares Generative Adversarial Networks". */
export const lsgan = lossRecipe({
  name: 'lsgan',
  summary: 'least squares in place of cross-entropy (Mao et al. 2017)',
  loss: 'least-squares',
});

/** Lim and Ye 2017, "Geometric GAN": the hinge loss. */
export const hinge = lossRecipe({
  name: 'hinge',
  summary: 'the hinge loss of SAGAN and BigGAN (Lim and Ye 2017)',
  loss: 'hinge',
});

/** Jolicoeur-Martineau 2018, "The relativistic discriminator". */
export const relativistic = lossRecipe({
  name: 'relativistic',
  summary: 'real images against fakes, in pairs (Jolicoeur-Martineau 2018)',
  loss: 'relativistic',
});
